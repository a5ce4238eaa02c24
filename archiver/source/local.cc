#include "archiver/source/local.h"

#include <fcntl.h>

#include "archiver/source/local_dir.h"

namespace snapfs {

std::unique_ptr<SourceDir> LocalSource::enter(const std::string& path) const {
  return std::make_unique<LocalDir>(open_place(AT_FDCWD, path, path), LocalDir::Kind::kPlace, path,
                                    nullptr, stop_);
}

SourceMetadata LocalSource::lstat(const std::string& path) const {
  return lstat_at(AT_FDCWD, path, ".");
}

std::vector<std::string> LocalSource::list(const std::string& path) const {
  return list_local_directory(path);
}

}  // namespace snapfs
