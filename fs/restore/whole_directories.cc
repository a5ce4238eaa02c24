// Paths are lists of components, so that it does not matter how they are written.
#include "fs/restore/whole_directories.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/repo/repository.h"
#include "fs/tree/snapshot_path.h"
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

bool is_in(Repository& repository, const Id& root, const std::string& path, const StopToken& stop) {
  try {
    return find_node(repository, root, path, stop).has_value();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    return false;
  }
}

/// Where the tree holds what was at this path, which it does not in full.
std::optional<std::string> find_end(Repository& repository, const Id& root, const Components& parts,
                                    const StopToken& stop) {
  for (auto begin = parts.begin(); begin != parts.end(); ++begin) {
    std::string path = join(begin, parts.end());
    if (is_in(repository, root, path, stop)) return path;
  }
  return std::nullopt;
}

/// Below which paths of the tree, "/home/me" or "" for the root, everything is of the snapshot.
std::vector<std::string> whole_paths(Repository& repository, const Snapshot& snapshot,
                                     const StopToken& stop) {
  const std::vector<Node> top = load_tree(repository, snapshot.tree, stop);
  if (top.empty()) return {};
  std::vector<Components> all;
  for (const std::string& path : snapshot.paths) all.push_back(components_of(path));
  const bool in_full = std::ranges::any_of(all, [&top](const Components& parts) {
    return parts.empty() || std::ranges::find(top, parts.front(), &Node::name) != top.end();
  });
  std::vector<std::string> whole;
  for (const Components& parts : all) {
    if (in_full) {
      whole.push_back(join(parts.begin(), parts.end()));
    } else if (auto path = find_end(repository, snapshot.tree, parts, stop)) {
      whole.push_back(*std::move(path));
    } else if (all.size() == 1) {
      whole.emplace_back();
    }
  }
  return whole;
}

bool lies_in(std::string_view path, std::string_view directory) noexcept {
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

}  // namespace

std::function<bool(const std::string& path)> whole_directories(Repository& repository,
                                                               const Snapshot& snapshot,
                                                               const std::string& folder,
                                                               StopToken stop) {
  const Components parts = split(clean_path("/" + folder), "/");
  return [prefix = join(parts.begin(), parts.end()),
          whole = whole_paths(repository, snapshot, stop)](const std::string& path) {
    const std::string full = path == "/" ? prefix : prefix + path;
    return std::ranges::any_of(
        whole, [&full](const std::string& directory) { return lies_in(full, directory); });
  };
}

}  // namespace snapfs
