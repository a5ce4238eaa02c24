// The files of this machine as a source.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "archiver/source/source_fs.h"
#include "fs/base/stop_token.h"

namespace snapfs {

/// Relative paths are relative to the process's working directory. Reads need no
/// privilege, but what may be read, and whether trusted.* attributes are seen, depends on it.
/// Needs /proc for the extended attributes of what it does not open.
class LocalSource final : public SourceFs {
 public:
  /// `stop` ends the reading of files that come in pieces, as slowly as they like.
  explicit LocalSource(StopToken stop = {}) : stop_(std::move(stop)) {}

  std::unique_ptr<SourceDir> enter(const std::string& path) const override;
  SourceMetadata lstat(const std::string& path) const override;
  std::vector<std::string> list(const std::string& path) const override;

 private:
  StopToken stop_;
};

}  // namespace snapfs
