#include "archiver/tree_saver.h"

#include <algorithm>
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

std::size_t weight_of(const DirectoryContent& content) noexcept {
  // A pending node is its future here, a state shared with the promise, and later the JSON in it.
  constexpr std::size_t kJsonBytes = 512;  // of most files
  constexpr std::size_t kPending = sizeof(FutureState<SavedNode>) + kJsonBytes;
  const auto pending =
      static_cast<std::size_t>(std::ranges::count_if(content.nodes, &FutureNode::is_pending));
  return sizeof(TreeJob) + content.arena.capacity() + content.nodes.size() * sizeof(FutureNode) +
         pending * kPending;
}

void TreeSaver::run(TreeChannel& jobs, Codec& codec, const StopToken& stop) {
  while (std::optional<TreeJob> job = jobs.pop()) save_job(*std::move(job), codec, stop);
}

std::optional<SavedBlob> TreeSaver::save(DirectoryContent content, Codec& codec,
                                         const StopToken& stop) {
  TreeBuilder tree;
  for (FutureNode& node : content.nodes) {
    const std::optional<NodeResult> result = node.take();
    if (!result) return std::nullopt;
    const std::string_view json = json_of(*result, content.arena);
    if (!json.empty()) tree.add(json);
  }
  return blobs_.save(BlobType::kTree, as_bytes(tree.finish()), codec, stop);
}

void TreeSaver::report(const TreeJob& job, ChangeKind change, const AddedBytes& added) {
  progress_.show_item({.path = job.path,
                       .is_directory = true,
                       .change = change,
                       .elapsed = std::chrono::steady_clock::now() - job.started,
                       .metadata = added});
}

void TreeSaver::save_job(TreeJob job, Codec& codec, const StopToken& stop) {
  Node& directory = job.directory;
  const std::optional<SavedBlob> tree = save(std::move(job.content), codec, stop);
  if (!tree) return;  // cancelled; the promise says so when it is dropped
  directory.subtree = tree->id;
  SavedNode saved;
  append_node_json(saved.json, directory, zone_);
  const ChangeKind change = change_of(saved.json, job.previous);
  statistics_.count_directory(change);
  if (progress_.wants_items()) report(job, change, tree->added);
  if (job.place) job.place->finish(saved.json);
  job.promise.set(std::move(saved));
}

}  // namespace snapfs
