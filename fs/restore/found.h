// What one directory of the snapshot adds to the plan. Plain records of the thread that lists it.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fs/base/id.h"
#include "fs/restore/directories.h"
#include "fs/restore/plan.h"
#include "fs/restore/target_fs.h"

namespace snapfs {

/// A directory that is to be listed.
struct Listing {
  Directory* directory = nullptr;
  Id tree;
};

struct Found {
  explicit Found(Directory& found_directory) : directory(found_directory) {}

  Directory& directory;
  Directories::Handle handle;  ///< of the directory, once it is known to exist
  std::vector<Listing> listings;
  std::vector<std::unique_ptr<FileItem>> files;
  std::vector<BlobUse> uses;
  std::vector<Id> use_packs;  ///< for each use
  std::vector<LinkItem> links;

  bool exists() const {
    return directory.state == Directory::State::kExisting ||
           directory.state == Directory::State::kFresh;
  }
  /// What is under the name now.
  std::optional<struct stat> status(const TargetFs& target, const std::string& name) const {
    if (directory.state != Directory::State::kExisting) return std::nullopt;
    return target.stat(handle->get(), name);
  }
};

}  // namespace snapfs
