#include "archiver/tree_saver.h"

#include <utility>
#include <variant>

#include "fs/tree/node_json.h"
#include "fs/tree/tree_builder.h"

namespace snapfs {
namespace {

std::string_view json_of(const NodeResult& result, const std::string& arena) {
  if (const auto* slice = std::get_if<NodeSlice>(&result)) {
    return std::string_view(arena).substr(slice->offset, slice->length);
  }
  return std::get<SavedNode>(result).json;
}

}  // namespace

void DirectoryContent::add(const Node& node, const TimeZone& zone) {
  const std::size_t offset = arena.size();
  append_node_json(arena, node, zone);
  nodes.push_back(FutureNode::reused({offset, static_cast<std::uint32_t>(arena.size() - offset)}));
}

void TreeSaver::run(TreeChannel& jobs, Codec& codec, const StopToken& stop) {
  while (std::optional<TreeJob> job = jobs.pop()) save_job(*std::move(job), codec, stop);
}

std::optional<Id> TreeSaver::save(DirectoryContent content, Codec& codec, const StopToken& stop) {
  TreeBuilder tree;
  for (FutureNode& node : content.nodes) {
    const std::optional<NodeResult> result = node.take();
    if (!result) return std::nullopt;
    const std::string_view json = json_of(*result, content.arena);
    if (!json.empty()) tree.add(json);
  }
  return blobs_.save(BlobType::kTree, as_bytes(tree.finish()), codec, stop);
}

void TreeSaver::save_job(TreeJob job, Codec& codec, const StopToken& stop) {
  Node& directory = job.directory;
  directory.subtree = save(std::move(job.content), codec, stop);
  if (!directory.subtree) return;  // cancelled; the promise says so when it is dropped
  statistics_.count_directory(change_of(directory, job.previous));
  SavedNode saved;
  append_node_json(saved.json, directory, zone_);
  job.promise.set(std::move(saved));
}

}  // namespace snapfs
