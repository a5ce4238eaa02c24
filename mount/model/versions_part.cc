// Versions of a path, from those of the directory that has it: a tree that many snapshots share is
// looked at once, at every level.
#include "mount/model/versions_part.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <map>
#include <ranges>
#include <set>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/crypto/sha256.h"
#include "fs/time/civil_date.h"
#include "fs/time/time_template.h"

namespace snapfs {

namespace {

constexpr std::size_t kCacheBytes = 16 << 20;

/// Longer ones are no extensions.
constexpr std::size_t kMaxExtensionBytes = 16;

constexpr std::string_view kStampPattern = "dddd-dd-ddTdd-dd-ddZ";

/// Whether the text begins as a version's name does.
bool begins_with_stamp(std::string_view text) noexcept {
  if (text.size() < kStampPattern.size()) return false;
  return std::ranges::equal(
      kStampPattern, text.substr(0, kStampPattern.size()),
      [](char pattern, char c) { return pattern == 'd' ? c >= '0' && c <= '9' : pattern == c; });
}

/// Whether it does so after underscores, at least `least` of them.
bool is_evasive(std::string_view name, std::size_t least) noexcept {
  const std::size_t underscores = std::min(name.find_first_not_of('_'), name.size());
  return underscores >= least && begins_with_stamp(name.substr(underscores));
}

std::string shown_name(const std::string& name) { return is_evasive(name, 0) ? "_" + name : name; }

std::string_view real_name(std::string_view shown) {
  return is_evasive(shown, 1) ? shown.substr(1) : shown;
}

/// The first and last second of the years that have four digits. A time that was recorded in one of
/// them, in another zone, may not be in UTC.
constexpr std::int64_t kFirstSecond = days_from_civil({0, 1, 1}) * kSecondsPerDay;
constexpr std::int64_t kLastSecond = days_from_civil({10000, 1, 1}) * kSecondsPerDay - 1;

std::string stamp(const Snapshot& snapshot) {
  static const TimeTemplate layout("2006-01-02T15-04-05Z");
  Timestamp time = snapshot.time.instant;
  time.seconds = std::clamp(time.seconds, kFirstSecond, kLastSecond);
  return layout.format({time, 0});
}

/// ".odt" of "report.odt", ".tar.gz" of "old.tar.gz"; nothing for ".profile".
std::string_view extension(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == name.npos || dot == 0) return {};
  std::string_view result = name.substr(dot);
  if (result.size() == 1 || result.size() > kMaxExtensionBytes) return {};
  constexpr std::string_view kTar = ".tar";
  const std::string_view stem = name.substr(0, dot);
  if (stem.size() > kTar.size() && stem.ends_with(kTar)) {
    result = name.substr(dot - kTar.size());
  }
  return result;
}

/// What the directory of a path is remembered by.
std::string identity_of(std::string_view path) {
  return path.empty() ? top_identity(kVersions) : "versions/" + std::string(path);
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

std::string_view parent_path(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash);
}

std::string join(std::string_view directory, std::string_view name) {
  return directory.empty() ? std::string(name) : std::string(directory) + "/" + std::string(name);
}

/// What makes two nodes one version: type and content, not metadata.
Id content_identity(const NodeView& node) {
  // Numbers first, of fixed length: no part can be taken for the end of the one before.
  const std::array<std::uint64_t, 4> numbers = {static_cast<std::uint64_t>(node.type), node.device,
                                                node.subtree ? 1U : 0U, node.content.size()};
  Sha256 digest;
  digest.update({reinterpret_cast<const std::uint8_t*>(numbers.data()), sizeof(numbers)});
  if (node.subtree) digest.update(node.subtree->bytes);
  for (const Id& blob : node.content) digest.update(blob.bytes);
  digest.update(as_bytes(node.link_target));
  return digest.finish();
}

/// Adds what is new, in ascending order. Most directories hold what their predecessors did.
void merge_names(std::vector<std::string>& names, const TreeListing& listing) {
  std::vector<std::string> added;
  auto known = names.begin();
  for (std::size_t i = 0; i < listing.nodes.size(); ++i) {
    const std::string_view name = listing.nodes.name(i);
    known = std::lower_bound(known, names.end(), name);
    if (known == names.end() || *known != name) added.emplace_back(name);
  }
  if (added.empty()) return;
  std::vector<std::string> merged;
  merged.reserve(names.size() + added.size());
  std::ranges::merge(std::make_move_iterator(names.begin()), std::make_move_iterator(names.end()),
                     std::make_move_iterator(added.begin()), std::make_move_iterator(added.end()),
                     std::back_inserter(merged));
  names = std::move(merged);
}

/// Collects versions in the order of their snapshots, under names that differ.
class VersionNames {
 public:
  explicit VersionNames(const View& view) : view_(view) {}

  void add(const PathVersions::Tree& holder, std::string_view suffix) {
    const std::string time = stamp(view_.snapshots[holder.snapshot]);
    std::string name = time + std::string(suffix);
    if (!taken_.insert(name).second) {
      // All names are made here, so a number that was given once is taken, and no higher one is.
      unsigned& number = numbers_.try_emplace(name, 1U).first->second;
      name = time + "_" + std::to_string(++number) + std::string(suffix);
    }
    versions_.push_back({std::move(name), holder});
  }

  std::vector<PathVersions::Version> finish() {
    std::ranges::sort(versions_, {}, &PathVersions::Version::name);
    return std::move(versions_);
  }

 private:
  const View& view_;
  std::set<std::string> taken_;
  std::map<std::string, unsigned> numbers_;  ///< the last one given, by name
  std::vector<PathVersions::Version> versions_;
};

}  // namespace

std::size_t memory_bytes(const PathVersions& versions) noexcept {
  // A name is longer than what a string keeps in itself.
  return sizeof versions + versions.trees.capacity() * sizeof(PathVersions::Tree) +
         versions.versions.capacity() * (sizeof(PathVersions::Version) + 48);
}

VersionsPart::VersionsPart(VirtualTree& tree, TreeCache& trees, WarnFunction warn, StopToken stop)
    : tree_(tree),
      trees_(trees),
      warn_(std::move(warn)),
      stop_(std::move(stop)),
      cache_(kCacheBytes) {}

std::optional<VirtualName> VersionsPart::lookup(const VirtualNode& directory,
                                                std::string_view name) {
  const auto view = tree_.view();
  if (begins_with_stamp(name)) {
    const VersionsPointer found = versions_of(*view, directory.path);
    const auto place =
        std::ranges::lower_bound(found->versions, name, {}, &PathVersions::Version::name);
    if (place == found->versions.end() || place->name != name) return std::nullopt;
    return version(*view, directory, *place);
  }
  const std::string path = join(directory.path, real_name(name));
  if (versions_of(*view, path)->versions.empty()) return std::nullopt;
  return child(directory, real_name(name));
}

std::vector<VirtualName> VersionsPart::list(const VirtualNode& directory) {
  const auto view = tree_.view();
  const VersionsPointer found = versions_of(*view, directory.path);
  std::vector<VirtualName> names;
  for (const PathVersions::Version& each : found->versions) {
    names.push_back(version(*view, directory, each));
  }
  for (const std::string& name : names_inside(*found, directory.path))
    names.push_back(child(directory, name));
  std::ranges::sort(names, {}, &VirtualName::name);
  return names;
}

VersionsPart::VersionsPointer VersionsPart::versions_of(const View& view, const std::string& path) {
  const std::string key = std::to_string(view.generation) + "/" + path;
  return cache_.get(key, [&] {
    return std::make_shared<const PathVersions>(path.empty() ? find_top_versions(view)
                                                             : find_versions(view, path));
  });
}

PathVersions VersionsPart::find_top_versions(const View& view) {
  PathVersions result;
  VersionNames names(view);
  std::unordered_set<Id> known;
  for (std::size_t i = 0; i < view.snapshots.size(); ++i) {
    const Snapshot& snapshot = view.snapshots[i];
    if (is_partial(snapshot) || !known.insert(snapshot.tree).second) continue;
    result.trees.push_back({snapshot.tree, i});
    names.add({snapshot.tree, i}, {});
  }
  result.versions = names.finish();
  return result;
}

PathVersions VersionsPart::find_versions(const View& view, const std::string& path) {
  const std::string_view name = base_name(path);
  const VersionsPointer above = versions_of(view, std::string(parent_path(path)));
  PathVersions result;
  VersionNames names(view);
  std::unordered_set<Id> known;
  for (const PathVersions::Tree& holder : above->trees) {
    throw_if_stopped(stop_);
    const auto listing = try_get(holder.tree, parent_path(path));
    const auto index = listing ? listing->find(name) : std::nullopt;
    if (!index) continue;
    const NodeView node = listing->nodes[*index];
    if (!known.insert(content_identity(node)).second) continue;
    if (node.subtree) result.trees.push_back({*node.subtree, holder.snapshot});
    names.add(holder, node.subtree ? std::string_view() : extension(name));
  }
  result.versions = names.finish();
  return result;
}

std::shared_ptr<const TreeListing> VersionsPart::try_get(const Id& tree, std::string_view path) {
  try {
    return trees_.get(tree, stop_);
  } catch (const Error& error) {
    if (!error.means_loss()) throw;
    warn_(fmt::format("versions/{}: a state of it is left out: {}", path, error.what()));
    return nullptr;
  }
}

std::vector<std::string> VersionsPart::names_inside(const PathVersions& versions,
                                                    std::string_view path) {
  std::vector<std::string> names;
  for (const PathVersions::Tree& each : versions.trees) {
    throw_if_stopped(stop_);
    if (const auto listing = try_get(each.tree, path)) merge_names(names, *listing);
  }
  return names;
}

VirtualName VersionsPart::child(const VirtualNode& directory, std::string_view name) {
  VirtualNode node;
  node.parent = directory.ino;
  node.part = this;
  node.path = join(directory.path, name);
  node.forgettable = true;
  const std::string identity = identity_of(node.path);
  return {shown_name(std::string(name)), tree_.add(identity, std::move(node)), {}};
}

/// The directory that holds a version becomes a tree of its own, which has no name. The version is
/// an entry of it, with all its metadata.
VirtualName VersionsPart::version(const View& view, const VirtualNode& directory,
                                  const PathVersions::Version& version) {
  const Snapshot& snapshot = view.snapshots[version.holder.snapshot];
  VirtualNode node;
  node.kind = VirtualNode::Kind::kTree;
  node.part = this;
  node.snapshot = snapshot.id;
  node.tree = version.holder.tree;
  node.time = snapshot.time.instant;
  const bool top = directory.path.empty();
  node.parent = top ? directory.ino : directory.parent;
  const std::string identity =
      top ? "version/" + version.name + "/" + snapshot.id.hex()
          : "holder/" + snapshot.id.hex() + "/" + std::string(parent_path(directory.path));
  if (!top) {
    node.path = parent_path(directory.path);
    node.kept_by = identity_of(node.path);
  }
  return {version.name, tree_.add(identity, std::move(node)),
          std::string(base_name(directory.path))};
}

}  // namespace snapfs
