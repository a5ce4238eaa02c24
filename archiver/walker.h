// The source, walked depth first in byte order of the names: what is unchanged is taken over at
// once, what has to be read becomes a job, and every finished directory becomes one, too.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "archiver/file_saver.h"
#include "archiver/node_maker.h"
#include "archiver/parent_directory.h"
#include "archiver/progress.h"
#include "archiver/source/source_fs.h"
#include "archiver/statistics.h"
#include "archiver/targets.h"
#include "archiver/tree_saver.h"
#include "fs/repo/repository.h"

namespace snapfs {

/// What the walker works with; everything must outlive it.
struct WalkerContext {
  Repository& repository;
  const SourceFs& source;
  NodeMaker& nodes;
  Statistics& statistics;
  Progress& progress;
  const TimeZone& zone;
  FileChannel& files;
  TreeChannel& trees;
};

/// One walk, by one fiber.
class Walker {
 public:
  Walker(const WalkerContext& context, StopToken stop)
      : context_(context), stop_(std::move(stop)) {}

  /// Walks the targets beside the parent snapshot's tree, if there is one. Returns the entries of
  /// the root; all jobs they wait for have been submitted. Throws Error{kCancelled} after a kill.
  DirectoryContent walk(const TargetTree& targets, const std::optional<Id>& parent_root);

 private:
  /// An item's name where it lies, and where it goes.
  struct Item {
    const std::shared_ptr<SourceDir>& directory;
    const std::string& disk_name;
    const std::string& node_name;
    Node* previous;  ///< of the same name in the parent snapshot, or null

    std::string path() const;
  };

  void walk_target(const TargetNode& target, const std::shared_ptr<SourceDir>& above,
                   ParentDirectory& parent, DirectoryContent& content);
  void walk_ancestor(const TargetNode& target, const Item& item, DirectoryContent& content);
  void walk_item(const Item& item, DirectoryContent& content);
  void walk_directory(const Item& item, DirectoryContent& content);
  void walk_file(const Item& item, const Metadata& metadata, DirectoryContent& content);
  bool take_over(const Item& item, const Metadata& metadata, DirectoryContent& content);
  void add_other(const Item& item, const Metadata& metadata, DirectoryContent& content);

  ParentDirectory load_parent(const std::optional<Id>& tree, const std::string& path);
  void submit_file(const Item& item, std::uint64_t bytes, DirectoryContent& content);
  void submit_directory(TreeJob job, DirectoryContent& above);
  void flush_files();
  void warn(const std::string& path, const std::string& message);

  const WalkerContext& context_;
  StopToken stop_;
  FileBatch batch_;
  std::uint64_t batch_bytes_ = 0;
  std::size_t depth_ = 0;
  Node node_;  ///< filled again for each item, to save allocations
};

}  // namespace snapfs
