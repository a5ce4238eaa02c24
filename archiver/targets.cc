// The trie of FORMAT §13.1, first with the targets in it, then unrolled so that only leaves carry
// one.
#include "archiver/targets.h"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "fs/base/path.h"

namespace snapfs {

namespace {

struct Target {
  std::string path;  // cleaned
  bool is_explicit = false;
};

/// A place of the trie. A target that is an ancestor of another has both `is_target` and children.
struct Place {
  std::string base;          // at the top only
  std::string on_disk_name;  // as in TargetNode
  std::string path;
  bool is_target = false;
  bool is_explicit = false;
  std::map<std::string, Place> children;
};

/// The components that a target has in the snapshot: `..` in front of it leaves no trace.
std::vector<std::string> components_of(const std::string& target) {
  return split_path(clean_path("/" + target));
}

/// The directory that the first component of a cleaned target is found in.
std::string base_of(const std::string& target) {
  if (target.starts_with('/')) return "/";
  std::string base = ".";
  for (const std::string& part : split_path(target)) {
    if (part == "..") base = join_path(base, part);
  }
  return base;
}

class Layout {
 public:
  Layout(const SourceFs& source, std::string_view working_directory)
      : source_(source), working_directory_(working_directory) {}

  /// The targets that exist.
  std::vector<std::string> existing(std::span<const std::string> targets) {
    std::vector<std::string> found;
    for (const std::string& target : targets) {
      try {
        const SourceMetadata metadata = source_.lstat(target);
        devices_[absolute(target)] = metadata.device_id;
        found.push_back(target);
      } catch (const SourceError& error) {
        failures_.push_back(error);
      }
    }
    return found;
  }

  /// Puts the target into the trie, or its entries if it has no name in the snapshot.
  void add(const std::string& target) {
    const std::string cleaned = clean_path(target);
    if (!components_of(cleaned).empty()) {
      insert({cleaned, true});
      return;
    }
    for (const std::string& name : list(cleaned)) insert({join_path(cleaned, name), false});
  }

  std::vector<TargetRoot> finish() {
    std::vector<TargetRoot> roots;
    for (auto& [name, place] : top_) {
      unroll(place);
      std::string base = std::move(place.base);
      const std::string directory = clean_path(absolute(place.path) + "/..");
      const std::uint64_t device = device_above(directory);
      roots.push_back({std::move(base), finished(name, std::move(place), device)});
    }
    return roots;
  }

  std::vector<SourceError> take_failures() { return std::move(failures_); }

 private:
  std::vector<std::string> list(const std::string& path) {
    try {
      return source_.list(path);
    } catch (const SourceError& error) {
      failures_.push_back(error);
      return {};
    }
  }

  /// The top-level place for `name` in the directory `base`: an existing one of the same
  /// directory, or a new one under a name that is not taken.
  Place& top_place(const std::string& base, const std::string& name) {
    std::string free_name = name;
    for (int i = 1;; ++i) {
      Place& place = top_[free_name];
      if (place.path.empty()) {
        place.base = base;
        place.on_disk_name = name;
        place.path = join_path(base, name);
      }
      if (place.base == base && place.on_disk_name == name) return place;
      free_name = fmt::format("{}-{}", name, i);
    }
  }

  static Place& child_place(Place& parent, const std::string& name) {
    Place& place = parent.children[name];
    place.on_disk_name = name;
    place.path = join_path(parent.path, name);
    return place;
  }

  void insert(const Target& target) {
    const std::vector<std::string> components = components_of(target.path);
    Place* place = &top_place(base_of(target.path), components.front());
    for (std::size_t i = 1; i < components.size(); ++i) {
      place = &child_place(*place, components[i]);
    }
    if (place->is_target) return;  // the first one counts, explicit or not, as for restic
    place->is_target = true;
    place->is_explicit = target.is_explicit;
  }

  /// A target above another target is replaced by its entries, beside those already named.
  void unroll(Place& place) {
    if (place.is_target && !place.children.empty()) {
      place.is_target = false;
      for (const std::string& name : list(place.path)) child_place(place, name).is_target = true;
    }
    for (auto& [name, child] : place.children) unroll(child);
  }

  std::string absolute(const std::string& path) const {
    return absolute_path(path, working_directory_);
  }

  /// Of the nearest target at or above an absolute directory.
  std::uint64_t device_above(std::string directory) const {
    while (true) {
      if (const auto found = devices_.find(directory); found != devices_.end()) {
        return found->second;
      }
      if (directory == "/") return 0;
      directory.append("/..");
      directory = clean_path(directory);
    }
  }

  /// `device` is that of the nearest target above.
  TargetNode finished(const std::string& name, Place&& place, std::uint64_t device) const {
    if (const auto found = devices_.find(absolute(place.path)); found != devices_.end()) {
      device = found->second;
    }
    TargetNode node{.name = name,
                    .on_disk_name = std::move(place.on_disk_name),
                    .path = std::move(place.path),
                    .leaf = place.is_target,
                    .is_explicit = place.is_explicit,
                    .device = device,
                    .children = {}};
    for (auto& [child_name, child] : place.children) {
      node.children.push_back(finished(child_name, std::move(child), device));
    }
    return node;
  }

  const SourceFs& source_;
  std::string working_directory_;
  std::map<std::string, std::uint64_t> devices_;  ///< of the targets, by absolute path
  std::map<std::string, Place> top_;
  std::vector<SourceError> failures_;
};

}  // namespace

TargetTree resolve_targets(std::span<const std::string> targets, std::string_view working_directory,
                           const SourceFs& source) {
  TargetTree tree;
  Layout layout(source, working_directory);
  for (const std::string& target : layout.existing(targets)) {
    tree.paths.push_back(absolute_path(target, working_directory));
    layout.add(target);
  }
  tree.roots = layout.finish();
  tree.failures = layout.take_failures();
  return tree;
}

}  // namespace snapfs
