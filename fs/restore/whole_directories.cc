// Paths are lists of components, so that it does not matter how they are written.
#include "fs/restore/whole_directories.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "fs/base/path.h"
#include "fs/repo/repository.h"
#include "fs/tree/tree_reader.h"

namespace snapfs {

namespace {

using Components = std::vector<std::string>;

Components split(std::string_view path, std::string_view separators) {
  Components parts;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find_first_of(separators), path.size());
    const std::string_view part = path.substr(0, end);
    if (!part.empty() && part != ".") parts.emplace_back(part);
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return parts;
}

bool has_drive(std::string_view path) noexcept {
  return path.size() >= 2 && path[1] == ':' &&
         std::isalpha(static_cast<unsigned char>(path[0])) != 0;
}

/// "C:\Users" is C/Users in a tree.
Components components_of(std::string_view path) {
  const bool drive = has_drive(path);
  if (!drive && !path.starts_with("\\\\")) return split(path, "/");
  Components parts = split(path, "/\\");
  if (drive) parts.front().resize(1);
  return parts;
}

std::string join(Components::const_iterator begin, Components::const_iterator end) {
  std::string path;
  for (; begin != end; ++begin) path.append("/").append(*begin);
  return path;
}

/// Whether the tree has this path. A tree that cannot be read is no answer: it throws.
bool is_in(Repository& repository, Id tree, Components::const_iterator begin,
           Components::const_iterator end, const StopToken& stop) {
  for (; begin != end; ++begin) {
    const std::optional<Node> found = find_in_tree(repository, tree, *begin, stop);
    if (!found) return false;
    if (begin + 1 == end) return true;
    if (!found->subtree) return false;
    tree = *found->subtree;
  }
  return true;
}

/// How many components of the path are not in the tree, which has the others; nothing when it has
/// none of them.
std::optional<std::size_t> count_missing(Repository& repository, const Id& root,
                                         const Components& parts, const StopToken& stop) {
  for (auto begin = parts.begin(); begin != parts.end(); ++begin) {
    if (is_in(repository, root, begin, parts.end(), stop)) {
      return static_cast<std::size_t>(begin - parts.begin());
    }
  }
  return std::nullopt;
}

/// Whether so many components are the same, and not all of either: the same working directory.
bool begin_alike(const Components& left, const Components& right, std::size_t count) {
  return std::min(left.size(), right.size()) > count &&
         std::equal(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(count), right.begin());
}

/// Below which paths of the tree, "/home/me" or "" for the root, everything is of the snapshot.
std::set<std::string> whole_paths(Repository& repository, const Snapshot& snapshot,
                                  const StopToken& stop) {
  std::vector<Components> all;
  for (const std::string& path : snapshot.paths) all.push_back(components_of(path));
  std::set<std::string_view> first_components;
  bool in_full = false;
  for (const Components& parts : all) {
    in_full |= parts.empty();
    if (!parts.empty()) first_components.insert(parts.front());
  }
  bool is_empty = true;
  const auto see = [&](Node&& node) {
    is_empty = false;
    in_full |= first_components.contains(node.name);
  };
  visit_tree(repository, snapshot.tree, see, stop);
  if (is_empty) return {};
  std::set<std::string> whole;
  std::optional<std::size_t> missing = in_full ? std::optional<std::size_t>(0) : std::nullopt;
  const Components* known = nullptr;  // there may be very many: looking at one is enough
  for (const Components& parts : all) {
    if (!in_full && (known == nullptr || !begin_alike(*known, parts, *missing))) {
      missing = count_missing(repository, snapshot.tree, parts, stop);
      known = missing ? &parts : nullptr;
    }
    if (missing) {
      whole.insert(join(parts.begin() + static_cast<std::ptrdiff_t>(*missing), parts.end()));
    } else if (all.size() == 1) {
      whole.emplace();
    }
  }
  return whole;
}

/// Whether the path, or one that it lies in, is among them.
bool lies_in(std::string path, const std::set<std::string>& directories) {
  for (;;) {
    if (directories.contains(path)) return true;
    if (path.empty()) return false;
    path.resize(path.rfind('/'));
  }
}

}  // namespace

std::function<bool(const std::string& path)> whole_directories(Repository& repository,
                                                               const Snapshot& snapshot,
                                                               const std::string& folder,
                                                               StopToken stop) {
  const Components parts = split(clean_path("/" + folder), "/");
  return [prefix = join(parts.begin(), parts.end()),
          whole = whole_paths(repository, snapshot, stop)](const std::string& path) {
    return lies_in(path == "/" ? prefix : prefix + path, whole);
  };
}

}  // namespace snapfs
