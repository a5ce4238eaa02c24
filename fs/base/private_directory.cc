#include "fs/base/private_directory.h"

#include <sys/stat.h>

#include <cerrno>

#include <fmt/format.h>

#include "fs/base/durable_file.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

/// Something else is where a directory should be: that will not pass, as a directory that is gone
/// does.
void require_directory_above(int error, const std::string& path) {
  if (error != ENOTDIR) return;
  throw Error(ErrorCode::kIo,
              fmt::format("cannot make the directory {}: what is above it is none", path), path);
}

/// Returns what was wrong; 0 when the directory is there.
int make_private_directory(const std::string& path) {
  return ::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST ? 0 : errno;
}

}  // namespace

void make_private_directories(const std::string& path) {
  int error = make_private_directory(path);
  if (error == 0) return;
  require_directory_above(error, path);
  const std::string parent = parent_directory(path);
  if (error == ENOENT && parent != path) {
    make_private_directories(parent);
    error = make_private_directory(path);
  }
  if (error != 0) throw_errno(error, "make the directory", path);
}

}  // namespace snapfs
