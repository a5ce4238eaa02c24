// The files of this machine as a source.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "archiver/source/source_fs.h"

namespace snapfs {

/// Stateless. Relative paths are relative to the process's working directory. Reads need no
/// privilege, but what may be read, and whether trusted.* attributes are seen, depends on it.
/// Needs /proc for the extended attributes of what it does not open.
class LocalSource final : public SourceFs {
 public:
  std::unique_ptr<SourceDir> enter(const std::string& path) const override;
  SourceMetadata lstat(const std::string& path) const override;
  std::vector<std::string> list(const std::string& path) const override;
};

}  // namespace snapfs
