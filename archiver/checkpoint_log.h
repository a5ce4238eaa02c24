// What a run has finished so far, as the nodes of a snapshot that could be written now: the
// directories in progress, and in them what is done. A directory that is done is one node in the
// one above, so there is never much.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "fs/base/id.h"
#include "fs/time/timezone.h"
#include "fs/tree/node.h"

namespace snapfs {

/// Thread-safe, its places too.
class CheckpointLog {
 public:
  class Place;
  using PlacePtr = std::shared_ptr<Place>;

  /// Nodes of files are kept up to `limit_bytes` of JSON; beyond that they wait for their directory
  /// to be done.
  CheckpointLog(const TimeZone& zone, std::size_t limit_bytes);
  ~CheckpointLog();

  const PlacePtr& root() const noexcept { return root_; }

  /// Stores a tree blob and returns its ID.
  using SaveTree = std::function<Id(const std::string& tree_json)>;

  /// The root tree of what is done; nothing when nothing is. What was not begun is not in it, and
  /// of what is in progress the part that is done.
  std::optional<Id> save(const SaveTree& save_tree) const;

 private:
  struct Copy;

  Copy copy_of(const Place& place) const;
  std::optional<Id> save(const Copy& copy, const SaveTree& save_tree) const;

  const TimeZone& zone_;
  const std::size_t limit_bytes_;
  mutable std::mutex mutex_;
  std::size_t bytes_ = 0;  // of the JSON of files
  PlacePtr root_;
};

/// A directory in progress. It is left out again when it is destroyed unfinished.
class CheckpointLog::Place : public std::enable_shared_from_this<Place> {
 public:
  Place(CheckpointLog& log, PlacePtr above, std::string name, Node directory);
  ~Place();
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  /// Begins the directory `name`, whose node is `directory` but for its subtree.
  PlacePtr enter(const std::string& name, const Node& directory);

  /// A file of the directory is done.
  void add_file(const std::string& name, const std::string& json);

  /// This directory is done; `json` is its node.
  void finish(const std::string& json);

 private:
  friend class CheckpointLog;

  void forget_files();

  CheckpointLog& log_;
  PlacePtr above_;
  const std::string name_;
  const Node directory_;

  // Guarded by the log's mutex.
  std::map<std::string, std::string> done_;
  std::map<std::string, Place*> open_;
  std::size_t bytes_ = 0;  // of the files among done_
};

}  // namespace snapfs
