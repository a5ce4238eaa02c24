#include "archiver/walker.h"

#include <sys/stat.h>

#include <map>
#include <utility>

#include <fmt/format.h>

#include "archiver/source/path.h"

namespace snapfs {
namespace {

constexpr std::size_t kBatchFiles = 32;
constexpr std::uint64_t kBatchBytes = 1 << 20;

std::optional<Id> subtree_of(const Node* node) {
  if (node == nullptr || node->type != NodeType::kDirectory) return std::nullopt;
  return node->subtree;
}

std::optional<Node> copy_of(const Node* node) {
  return node == nullptr ? std::nullopt : std::optional(*node);
}

}  // namespace

std::string Walker::Item::path() const { return join_path(directory->path(), disk_name); }

DirectoryContent Walker::walk(const TargetTree& targets, const std::optional<Id>& parent_root) {
  DirectoryContent content;
  ParentDirectory parent = load_parent(parent_root, "/");
  std::map<std::string, std::shared_ptr<SourceDir>> bases;
  for (const TargetRoot& root : targets.roots) {
    std::shared_ptr<SourceDir>& base = bases[root.base];
    try {
      if (!base) base = context_.source.enter(root.base);
    } catch (const SourceError& error) {
      warn(error.subject(), error.what());
      continue;
    }
    walk_target(root.node, base, parent, content);
  }
  flush_files();
  return content;
}

void Walker::walk_target(const TargetNode& target, const std::shared_ptr<SourceDir>& above,
                         ParentDirectory& parent, DirectoryContent& content) {
  const Item item{above, target.on_disk_name, target.name, parent.find(target.name)};
  if (target.leaf) {
    walk_item(item, content);
  } else {
    walk_ancestor(target, item, content);
  }
}

/// A directory above a target: only the way to the targets is walked (FORMAT §13.1).
void Walker::walk_ancestor(const TargetNode& target, const Item& item, DirectoryContent& content) {
  std::shared_ptr<SourceDir> directory;
  try {
    directory = item.directory->enter(item.disk_name);
  } catch (const SourceError& error) {
    return warn(error.subject(), error.what());
  }
  TreeJob job;
  context_.nodes.make(job.directory, item.node_name, directory->metadata(),
                      item.directory->attributes(item.disk_name));
  job.previous = copy_of(item.previous);
  ParentDirectory parent = load_parent(subtree_of(item.previous), directory->path());
  for (const TargetNode& child : target.children) {
    walk_target(child, directory, parent, job.content);
  }
  submit_directory(std::move(job), content);
}

void Walker::walk_item(const Item& item, DirectoryContent& content) {
  throw_if_stopped(stop_);
  try {
    const Metadata metadata = item.directory->lstat(item.disk_name);
    if (metadata.is_directory()) {
      walk_directory(item, content);
    } else if (metadata.is_file()) {
      walk_file(item, metadata, content);
    } else if (!S_ISSOCK(metadata.mode)) {  // a socket means nothing without its process
      add_other(item, metadata, content);
    }
  } catch (const SourceError& error) {
    // What vanished since it was listed was not there when the snapshot was taken.
    if (!error.vanished()) warn(error.subject(), error.what());
  }
}

void Walker::walk_directory(const Item& item, DirectoryContent& content) {
  if (depth_ == kMaxDirectoryDepth) {
    return warn(item.path(),
                fmt::format("directories are nested more than {} deep", kMaxDirectoryDepth));
  }
  const std::shared_ptr<SourceDir> directory = item.directory->open_dir(item.disk_name);
  const std::vector<std::string> names = directory->list();
  TreeJob job;
  context_.nodes.make(job.directory, item.node_name, directory->metadata(),
                      directory->attributes());
  job.previous = copy_of(item.previous);
  job.content.nodes.reserve(names.size());
  ParentDirectory parent = load_parent(subtree_of(item.previous), directory->path());
  ++depth_;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0 && names[i] == names[i - 1]) continue;  // some file systems list an entry twice
    walk_item({directory, names[i], names[i], parent.find(names[i])}, job.content);
  }
  --depth_;
  submit_directory(std::move(job), content);
}

void Walker::walk_file(const Item& item, const Metadata& metadata, DirectoryContent& content) {
  if (item.previous != nullptr && is_unchanged(*item.previous, metadata) &&
      take_over(item, metadata, content)) {
    return;
  }
  submit_file(item, metadata.size, content);
}

/// Takes the content over from the parent's node without opening the file (D3). False when the
/// repository has lost some of it.
bool Walker::take_over(const Item& item, const Metadata& metadata, DirectoryContent& content) {
  Node& previous = *item.previous;
  if (!has_all_content(context_.repository.index(), previous)) {
    warn(item.path(), "parts of its content are missing from the repository; it is read again");
    return false;
  }
  context_.nodes.make(node_, item.node_name, metadata, item.directory->attributes(item.disk_name));
  std::swap(node_.content, previous.content);
  node_.size = previous.size;
  content.add(node_, context_.zone);
  context_.statistics.count_file(ChangeKind::kUnmodified, node_.size);
  ++context_.progress.files_done;
  context_.progress.bytes_done += node_.size;
  return true;
}

void Walker::add_other(const Item& item, const Metadata& metadata, DirectoryContent& content) {
  context_.nodes.make(node_, item.node_name, metadata, item.directory->attributes(item.disk_name));
  if (metadata.is_symlink()) node_.link_target = item.directory->read_link(item.disk_name);
  content.add(node_, context_.zone);
}

/// A parent that cannot be read costs time, not the snapshot (FORMAT §13.3).
ParentDirectory Walker::load_parent(const std::optional<Id>& tree, const std::string& path) {
  if (!tree) return {};
  try {
    return {context_.repository, *tree, stop_};
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    warn(path, fmt::format("the parent snapshot's directory cannot be read: {}", error.what()));
    return {};
  }
}

void Walker::submit_file(const Item& item, std::uint64_t bytes, DirectoryContent& content) {
  auto [future, promise] = FutureNode::make();
  batch_.push_back(
      {item.directory, item.disk_name, item.node_name, copy_of(item.previous), std::move(promise)});
  batch_bytes_ += bytes;
  content.nodes.push_back(std::move(future));
  if (batch_.size() >= kBatchFiles || batch_bytes_ >= kBatchBytes) flush_files();
}

void Walker::submit_directory(TreeJob job, DirectoryContent& above) {
  auto [future, promise] = FutureNode::make();
  job.promise = std::move(promise);
  above.nodes.push_back(std::move(future));
  const std::size_t weight = job.content.nodes.size() + 1;
  if (context_.trees.try_push(job, weight)) return;
  // Before waiting for room: the directories ahead may wait for files that are still in our batch.
  flush_files();
  if (!context_.trees.push(std::move(job), weight)) throw cancelled_error();
}

void Walker::flush_files() {
  if (batch_.empty()) return;
  batch_bytes_ = 0;
  if (!context_.files.push(std::exchange(batch_, {}))) throw cancelled_error();
}

void Walker::warn(const std::string& path, const std::string& message) {
  context_.progress.warn(path, message);
}

}  // namespace snapfs
