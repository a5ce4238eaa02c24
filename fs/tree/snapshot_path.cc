#include "fs/tree/snapshot_path.h"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/repo/repository.h"
#include "fs/time/time_expression.h"
#include "fs/tree/tree_reader.h"

namespace snapfs {
namespace {

std::string joined(const std::vector<std::string>& parts, std::size_t count) {
  return fmt::format(
      "/{}", fmt::join(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(count), "/"));
}

/// How far a path leads.
struct WayInside {
  std::size_t parts = 0;  ///< as many of them there are
  std::optional<Node> last;
};

/// `parts` are not none.
WayInside follow(Repository& repository, const Id& root, const std::vector<std::string>& parts,
                 const StopToken& stop) {
  WayInside way;
  Id tree = root;
  for (const std::string& part : parts) {
    way.last = find_in_tree(repository, tree, part, stop);
    if (!way.last) break;
    ++way.parts;
    if (!way.last->subtree) break;
    tree = *way.last->subtree;
  }
  return way;
}

[[noreturn]] void throw_no_directory(const std::string& path, std::string_view place) {
  throw Error(ErrorCode::kNotFound, fmt::format("{} is not a directory in {}", path, place), path);
}

Node find_entry(Repository& repository, const Id& root, const std::vector<std::string>& parts,
                const StopToken& stop, std::string_view place) {
  WayInside way = follow(repository, root, parts, stop);
  if (way.parts == parts.size()) return *std::move(way.last);
  if (way.last) throw_no_directory(joined(parts, way.parts), place);
  const std::string missing = joined(parts, way.parts + 1);
  throw Error(
      ErrorCode::kNotFound,
      fmt::format("there is no {} in {}: \"snapfs ls\" shows what there is", missing, place),
      missing);
}

std::vector<std::string> parts_inside(std::string_view path) {
  return split_path(clean_path("/" + std::string(path)));
}

}  // namespace

SnapshotPath SnapshotPath::parse(std::string_view text) {
  std::size_t colon = text.find(':');
  for (std::size_t end = text.size(); end != std::string_view::npos && end > colon;
       end = text.rfind(':', end - 1)) {
    // The longest beginning that is a time with colons of its own.
    if (!parse_time_expression(text.substr(0, end), {}, {})) continue;
    colon = end == text.size() ? std::string_view::npos : end;
    break;
  }
  if (colon == std::string_view::npos) return {std::string(text), {}};
  return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

Snapshot load_snapshot(Repository& repository, std::string_view text, const SnapshotFilter& filter,
                       StopToken stop, const DamagedSnapshot& damaged, const TimeNames* times) {
  if (!is_id_text(text)) {
    return find_snapshot(load_snapshots(repository, stop, damaged), text, filter, times);
  }
  std::vector<Snapshot> candidates;
  for (const Id& id : repository.list(FileKind::kSnapshot, stop)) candidates.emplace_back().id = id;
  const Id id = find_snapshot(candidates, text, filter, times).id;
  return parse_snapshot(id, repository.load_file({FileKind::kSnapshot, id}, std::move(stop)));
}

Id find_directory(Repository& repository, const Id& root, std::string_view path, StopToken stop,
                  std::string_view place) {
  const std::vector<std::string> parts = parts_inside(path);
  if (parts.empty()) return root;
  const Node node = find_entry(repository, root, parts, stop, place);
  if (!node.subtree) throw_no_directory(joined(parts, parts.size()), place);
  return *node.subtree;
}

std::optional<Node> find_node(Repository& repository, const Id& root, std::string_view path,
                              StopToken stop, std::string_view place) {
  const std::vector<std::string> parts = parts_inside(path);
  if (parts.empty()) return std::nullopt;
  return find_entry(repository, root, parts, stop, place);
}

bool has_path(Repository& repository, const Id& root, std::string_view path, StopToken stop) {
  const std::vector<std::string> parts = parts_inside(path);
  return parts.empty() || follow(repository, root, parts, stop).parts == parts.size();
}

}  // namespace snapfs
