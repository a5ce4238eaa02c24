#include "archiver/checkpoint_log.h"

#include <utility>

#include "fs/tree/node_json.h"
#include "fs/tree/tree_builder.h"

namespace snapfs {

/// A place, taken out of the log so that trees can be stored without its mutex.
struct CheckpointLog::Copy {
  Node directory;
  std::map<std::string, std::string> done;
  std::map<std::string, Copy> open;
};

CheckpointLog::CheckpointLog(const TimeZone& zone, std::size_t limit_bytes)
    : zone_(zone), limit_bytes_(limit_bytes) {
  root_ = std::make_shared<Place>(*this, nullptr, "", Node{});
}

CheckpointLog::~CheckpointLog() = default;

std::optional<Id> CheckpointLog::save(const SaveTree& save_tree) const {
  const Copy root = [&] {
    const std::lock_guard lock(mutex_);
    return copy_of(*root_);
  }();
  return save(root, save_tree);
}

CheckpointLog::Copy CheckpointLog::copy_of(const Place& place) const {
  Copy copy{place.directory_, place.done_, {}};
  for (const auto& [name, child] : place.open_) copy.open.emplace(name, copy_of(*child));
  return copy;
}

std::optional<Id> CheckpointLog::save(const Copy& copy, const SaveTree& save_tree) const {
  std::map<std::string, std::string> nodes = copy.done;
  for (const auto& [name, child] : copy.open) {
    Node directory = child.directory;
    directory.subtree = save(child, save_tree);
    if (!directory.subtree) continue;
    std::string json;
    append_node_json(json, directory, zone_);
    nodes.emplace(name, std::move(json));
  }
  if (nodes.empty()) return std::nullopt;
  TreeBuilder tree;
  for (const auto& [name, json] : nodes) tree.add(json);
  return save_tree(tree.finish());
}

CheckpointLog::Place::Place(CheckpointLog& log, PlacePtr above, std::string name, Node directory)
    : log_(log),
      above_(std::move(above)),
      name_(std::move(name)),
      directory_(std::move(directory)) {
  if (!above_) return;
  const std::lock_guard lock(log_.mutex_);
  above_->open_[name_] = this;
}

CheckpointLog::Place::~Place() {
  if (!above_) return;
  const std::lock_guard lock(log_.mutex_);
  forget_files();
  above_->open_.erase(name_);
}

CheckpointLog::PlacePtr CheckpointLog::Place::enter(const std::string& name,
                                                    const Node& directory) {
  return std::make_shared<Place>(log_, shared_from_this(), name, directory);
}

void CheckpointLog::Place::add_file(const std::string& name, const std::string& json) {
  if (json.empty()) return;
  const std::lock_guard lock(log_.mutex_);
  if (log_.bytes_ + json.size() > log_.limit_bytes_) return;
  log_.bytes_ += json.size();
  bytes_ += json.size();
  done_[name] = json;
}

void CheckpointLog::Place::finish(const std::string& json) {
  const std::lock_guard lock(log_.mutex_);
  above_->done_[name_] = json;
  forget_files();
  done_.clear();
}

void CheckpointLog::Place::forget_files() {
  log_.bytes_ -= bytes_;
  bytes_ = 0;
}

}  // namespace snapfs
