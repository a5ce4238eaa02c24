// The files that are being read at the moment, for the progress line.
#pragma once

#include <string>
#include <vector>

#include "archiver/progress.h"
#include "cli/output/snapshot_paths.h"
#include "fs/base/synchronized.h"

namespace snapfs {

/// Thread-safe. Files come and go much more often than anybody looks: only pointers are kept.
class CurrentFiles {
 public:
  void begin(const CurrentFile& file) { files_.lock()->push_back(&file); }
  void end(const CurrentFile& file) noexcept;

  /// Their paths in the snapshot, the one that is read for the longest time first.
  std::vector<std::string> paths(const SnapshotPaths& stored) const;

 private:
  mutable Synchronized<std::vector<const CurrentFile*>> files_;
};

}  // namespace snapfs
