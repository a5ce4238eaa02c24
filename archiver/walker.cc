// One recursion, of which parts may run in other walkers. walk_directory lists a directory and has
// walk_item decide about each name: what is unchanged is added to the directory's draft as text, a
// file goes into a batch and leaves a future in its place, a directory is walked at once. When
// another walker has nothing to do, the directory is handed to it instead, as a WalkTask with a
// promise, and leaves a future, too. A directory that is shared like this counts the walkers that
// are at work in and below it, and the last one to leave submits its tree. Before a walker waits
// for anything it submits its batch: others may be waiting for a file in it.
#include "archiver/walker.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "fs/tree/node_json.h"

namespace snapfs {
namespace {

constexpr std::size_t kBatchFiles = 32;
constexpr std::uint64_t kBatchBytes = 1 << 20;

/// Calls `action`. What vanished since it was listed was not there when the snapshot was taken;
/// what was named to be saved should have been. Anything else that the source cannot do is a
/// problem of that item.
template <class Action>
void for_item(Progress& progress, bool was_named, const Action& action) {
  try {
    action();
  } catch (const SourceError& error) {
    if (was_named || !error.vanished()) progress.warn(error);
  }
}

}  // namespace

DirectoryContent Walker::walk(const TargetTree& targets) {
  DirectoryDraft root(load_root(), context_.log != nullptr ? context_.log->root() : nullptr);
  std::map<std::string, std::shared_ptr<SourceDir>> bases;
  for (const TargetRoot& target : targets.roots) {
    std::shared_ptr<SourceDir>& base = bases[target.base];
    try {
      if (!base) base = context_.source.enter(target.base);
    } catch (const SourceError& error) {
      context_.progress.warn(error);
      continue;
    }
    walk_target(target.node, base, root);
  }
  DirectoryContent content = root.finish();
  if (!root.shared()) {
    flush();
    context_.walks.close();
    return content;
  }
  root.shared()->job.content = std::move(content);
  leave(root.shared());
  help();
  throw_if_stopped(stop_);
  return std::move(root.shared()->job.content);
}

void Walker::help() {
  for (;;) {
    // Before waiting: what others wait for may still be in our batch.
    flush();
    std::optional<WalkTask> task = context_.walks.pop();
    if (!task) return;
    walk_task(*std::move(task));
  }
}

void Walker::walk_task(WalkTask task) {
  DirectoryDraft above(task.above, std::move(task.place));
  depth_ = task.depth;
  PreviousNode previous;
  std::ranges::copy(task.previous, previous.nodes.begin());
  Walked walked;  // without a node, unless all goes well: the directory is left out
  for_item(context_.progress, false, [&] {
    walked = walk_directory(
        {task.directory, task.disk_name, task.node_name, previous, task.device, task.is_explicit},
        above);
  });
  settle(std::move(walked), std::move(task.promise));
  leave(std::move(task.above));
}

void Walker::walk_target(const TargetNode& target, const std::shared_ptr<SourceDir>& above,
                         DirectoryDraft& draft) {
  const SourceItem item{above,         target.on_disk_name, target.name, draft.find(target.name),
                        target.device, target.is_explicit};
  if (target.leaf) {
    walk_item(item, draft);
  } else {
    walk_ancestor(target, item, draft);
  }
}

/// A directory above a target: only the way to the targets is walked (FORMAT §13.1).
void Walker::walk_ancestor(const TargetNode& target, const SourceItem& item,
                           DirectoryDraft& above) {
  std::shared_ptr<SourceDir> directory;
  try {
    directory = item.directory->enter(item.disk_name);
  } catch (const SourceError& error) {
    return context_.progress.warn(error);
  }
  TreeJob job = begin_directory(*directory);
  context_.takeover.nodes.make(job.directory, item.node_name, directory->metadata(),
                               item.directory->attributes(item.disk_name));
  job.place = enter(item, job.directory, above);
  DirectoryDraft draft(load_parents(item.previous.subtrees(), directory->path()), above, job.place);
  for (const TargetNode& child : target.children) walk_target(child, directory, draft);
  add(finish(std::move(job), item.previous, draft), item.previous, above);
}

/// False when a rule leaves the item out.
bool Walker::walk_item(const SourceItem& item, DirectoryDraft& draft) {
  throw_if_stopped(stop_);
  bool selected = true;
  for_item(context_.progress, item.is_explicit, [&] {
    const SourceMetadata metadata = item.directory->lstat(item.disk_name);
    if (!item.is_explicit && context_.selection.rejects(*item.directory, item.disk_name, metadata,
                                                        item.device, context_.progress)) {
      selected = false;
      return;
    }
    if (metadata.is_directory()) {
      walk_below(item, draft);
    } else if (metadata.is_file()) {
      walk_file(item, metadata, draft);
    } else if (!S_ISSOCK(metadata.mode)) {  // a socket means nothing without its process
      draft.add(takeover_.other(item, metadata));
    }
  });
  return selected;
}

void Walker::walk_below(const SourceItem& item, DirectoryDraft& draft) {
  if (depth_ == kMaxDirectoryDepth) {
    return context_.progress.warn_missing(
        item.path(), fmt::format("directories are nested more than {} deep", kMaxDirectoryDepth));
  }
  if (context_.walks.has_waiting_consumer() && hand_over(item, draft)) return;
  add(walk_directory(item, draft), item.previous, draft);
}

bool Walker::hand_over(const SourceItem& item, DirectoryDraft& draft) {
  auto [future, promise] = FutureNode::make();
  WalkTask task{.directory = item.directory,
                .disk_name = item.disk_name,
                .node_name = item.node_name,
                .previous = {},
                .device = item.device,
                .is_explicit = item.is_explicit,
                .depth = depth_,
                .above = draft.share(),
                .place = draft.place(),
                .promise = std::move(promise)};
  std::ranges::copy(item.previous.nodes, task.previous.begin());
  ++task.above->walking;
  if (!context_.walks.try_push(task)) {
    --task.above->walking;  // never the last: we are at work in it ourselves
    return false;
  }
  draft.add(std::move(future));
  return true;
}

Walker::Walked Walker::walk_directory(const SourceItem& item, DirectoryDraft& above) {
  const std::shared_ptr<SourceDir> directory = item.directory->open_dir(item.disk_name);
  std::vector<std::string> names = directory->list();
  const bool had_entries = !names.empty();
  context_.selection.keep_selected(*directory, names, context_.progress);
  TreeJob job = begin_directory(*directory);
  context_.takeover.nodes.make(job.directory, item.node_name, directory->metadata(),
                               directory->attributes());
  job.place = enter(item, job.directory, above);
  DirectoryDraft draft(load_parents(item.previous.subtrees(), directory->path()), above, job.place);
  bool has_entries = false;
  ++depth_;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0 && names[i] == names[i - 1]) continue;  // some file systems list an entry twice
    has_entries |=
        walk_item({directory, names[i], names[i], draft.find(names[i]), item.device}, draft);
  }
  --depth_;
  if (item.is_explicit && had_entries && !has_entries) {
    context_.progress.nothing_left(directory->path());
  }
  return finish(std::move(job), item.previous, draft);
}

/// Of all directories above and below targets.
TreeJob Walker::begin_directory(const SourceDir& directory) const {
  TreeJob job;
  if (context_.progress.wants_items()) {
    job.path = directory.path();
    job.started = std::chrono::steady_clock::now();
  }
  return job;
}

CheckpointLog::PlacePtr Walker::enter(const SourceItem& item, const Node& directory,
                                      const DirectoryDraft& above) {
  return above.place() ? above.place()->enter(item.node_name, directory) : nullptr;
}

/// Whether the log must have what is taken over from there, because that snapshot may be gone when
/// this run is interrupted, too.
bool Walker::must_be_logged(const PreviousNode& previous) const {
  return context_.log != nullptr && previous.parent() < context_.complete_parent;
}

Walker::Walked Walker::finish(TreeJob job, const PreviousNode& previous, DirectoryDraft& draft) {
  Walked walked;
  // What others were to walk below counts on this directory being submitted.
  if (!draft.shared()) job.directory.subtree = draft.unchanged_tree();
  if (job.directory.subtree) {
    append_node_json(walked.json, job.directory, context_.takeover.zone);
    const ChangeKind change = change_of(walked.json, previous.json());
    context_.statistics.count_directory(change);
    if (must_be_logged(previous)) job.place->finish(walked.json);
    if (context_.progress.wants_items()) {
      context_.progress.show_item({.path = job.path,
                                   .is_directory = true,
                                   .change = change,
                                   .elapsed = std::chrono::steady_clock::now() - job.started});
    }
    return walked;
  }
  job.previous = previous.json();
  job.content = draft.finish();
  walked.job = std::move(job);
  walked.shared = draft.shared();
  return walked;
}

void Walker::add(Walked walked, const PreviousNode& previous, DirectoryDraft& above) {
  if (!walked.job) return above.add(walked.json == previous.json() ? previous.json() : walked.json);
  auto [future, promise] = FutureNode::make();
  above.add(std::move(future));
  settle(std::move(walked), std::move(promise));
}

/// Delivers the node, or submits the job that will.
void Walker::settle(Walked walked, NodePromise promise) {
  if (!walked.job) return promise.set({std::move(walked.json)});
  walked.job->promise = std::move(promise);
  if (!walked.shared) return submit(*std::move(walked.job));
  walked.shared->job = *std::move(walked.job);
  leave(std::move(walked.shared));
}

/// One walker less is at work below the directory. The last one submits it.
void Walker::leave(std::shared_ptr<SharedDirectory> directory) {
  while (--directory->walking == 0) {
    if (!directory->above) return context_.walks.close();  // the root: its content stays there
    submit(std::move(directory->job));
    directory = directory->above;
  }
}

void Walker::walk_file(const SourceItem& item, const SourceMetadata& metadata,
                       DirectoryDraft& draft) {
  const std::optional<std::string_view> json = takeover_.file(item, metadata);
  if (!json) return submit_file(item, metadata.size, draft);
  draft.add(*json);
  ++unmodified_files_;
  unmodified_bytes_ += metadata.size;
  if (must_be_logged(item.previous)) draft.place()->add_file(item.node_name, std::string(*json));
  if (context_.progress.wants_items()) context_.progress.show_item({.path = item.path()});
}

ParentDirectory Walker::load_parents(const ParentTrees& trees, const std::string& path) {
  return {context_.parents, trees, stop_, [&](const Error& error) {
            context_.progress.warn_of_repository(
                path,
                fmt::format("the parent snapshot's directory cannot be read: {}", error.what()));
          }};
}

ParentDirectory Walker::load_root() {
  ParentTrees trees;
  for (std::size_t i = 0; i < trees.size(); ++i) {
    if (!context_.takeover.parents[i]) continue;
    trees[i] = context_.takeover.parents[i]->tree;
    context_.parents.expect(*trees[i]);
  }
  return load_parents(trees, "/");
}

void Walker::submit_file(const SourceItem& item, std::uint64_t bytes, DirectoryDraft& draft) {
  auto [future, promise] = FutureNode::make();
  batch_.push_back({item.directory, item.disk_name, item.node_name,
                    std::string(item.previous.json()), draft.place(), std::move(promise)});
  batch_bytes_ += bytes;
  draft.add(std::move(future));
  if (batch_.size() >= kBatchFiles || batch_bytes_ >= kBatchBytes) flush();
}

void Walker::submit(TreeJob job) {
  const std::size_t weight = weight_of(job.content);
  if (context_.trees.try_push(job, weight)) return;
  // Before waiting for room: the directories ahead may wait for files that are still in our batch.
  flush();
  if (!context_.trees.push(std::move(job), weight)) throw cancelled_error();
}

void Walker::flush() {
  context_.statistics.count_unmodified_files(unmodified_files_, unmodified_bytes_);
  context_.progress.files_done += std::exchange(unmodified_files_, 0);
  context_.progress.bytes_done += std::exchange(unmodified_bytes_, 0);
  if (batch_.empty()) return;
  batch_bytes_ = 0;
  if (!context_.files.push(std::exchange(batch_, {}))) throw cancelled_error();
}

}  // namespace snapfs
