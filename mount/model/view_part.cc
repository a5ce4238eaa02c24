#include "mount/model/view_part.h"

#include <algorithm>
#include <string>
#include <utility>

namespace snapfs {

namespace {

/// Null: its last snapshot was forgotten.
const ViewDirectory* find_directory(const View& view, const VirtualNode& node) {
  const auto found = view.directories.find(node.path);
  return found == view.directories.end() ? nullptr : &found->second;
}

constexpr std::string_view kAt = "at";

constexpr std::string_view kRestics = "dddd-dd-ddTdd:dd:dd";

/// A name of restic's as the default template writes it; nothing when it is none.
std::optional<std::string> without_colons(std::string_view name) {
  const auto fits = [](char pattern, char c) {
    return pattern == 'd' ? c >= '0' && c <= '9' : pattern == c;
  };
  const std::string_view time = name.substr(0, kRestics.size());
  if (!std::ranges::equal(kRestics, time, fits)) return std::nullopt;
  std::string result(time);
  std::ranges::replace(result, ':', '-');
  for (const char c : name.substr(time.size())) {
    if (c != ':') result += c;
  }
  return result;
}

const ViewEntry* find_entry(const ViewDirectory& directory, std::string_view name) {
  if (const ViewEntry* found = directory.find(name)) return found;
  const auto other = without_colons(name);
  return other ? directory.find(*other) : nullptr;
}

}  // namespace

std::optional<VirtualName> ViewPart::lookup(const VirtualNode& directory, std::string_view name) {
  const auto view = tree_.view();
  const ViewDirectory* entries = find_directory(*view, directory);
  const ViewEntry* found = entries != nullptr ? find_entry(*entries, name) : nullptr;
  if (found != nullptr) return VirtualName{found->name, found->node, {}};
  // The top directory has one that is listed.
  if (name != kAt || directory.path.empty()) return std::nullopt;
  if (entries == nullptr || entries->snapshots.empty()) return std::nullopt;
  VirtualNode node;
  node.parent = directory.ino;
  node.part = &at_;
  node.path = directory.path;
  return VirtualName{std::string(kAt), tree_.add("at in " + directory.path, std::move(node)), {}};
}

std::vector<VirtualName> ViewPart::list(const VirtualNode& directory) {
  const auto view = tree_.view();
  std::vector<VirtualName> names;
  if (const ViewDirectory* entries = find_directory(*view, directory)) {
    names.reserve(entries->entries.size());
    for (const ViewEntry& entry : entries->entries) {
      names.push_back({entry.name, entry.node, {}});
    }
  }
  return names;
}

}  // namespace snapfs
