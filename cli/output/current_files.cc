#include "cli/output/current_files.h"

#include "fs/base/path.h"

namespace snapfs {

void CurrentFiles::end(const CurrentFile& file) noexcept { std::erase(*files_.lock(), &file); }

std::vector<std::string> CurrentFiles::paths(const SnapshotPaths& stored) const {
  std::vector<std::string> paths;
  const auto files = files_.lock();
  paths.reserve(files->size());
  for (const CurrentFile* file : *files) {
    paths.push_back(stored.stored_path(join_path(file->directory(), file->name())));
  }
  return paths;
}

}  // namespace snapfs
