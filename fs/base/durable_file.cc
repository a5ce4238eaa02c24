#include "fs/base/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "fs/base/error.h"

namespace snapfs {
namespace {

/// Some network file systems cannot sync; nothing better can be done there (FORMAT §1.3).
bool sync_unsupported(int error) { return error == ENOTSUP || error == EOPNOTSUPP; }

}  // namespace

std::string parent_directory(const std::string& path) {
  const std::size_t last = path.find_last_not_of('/');
  const std::size_t slash = last == std::string::npos ? 0 : path.rfind('/', last);
  if (slash == std::string::npos) return ".";
  const std::size_t end = path.find_last_not_of('/', slash);
  return end == std::string::npos ? "/" : path.substr(0, end + 1);
}

void sync_directory(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) {
    // Nothing can be synced of a directory that may be written to but not read.
    if (errno == EACCES) return;
    throw_errno(errno, "open the directory", path);
  }
  if (::fsync(fd.get()) != 0 && !sync_unsupported(errno) && errno != ENOENT && errno != EINVAL) {
    throw_errno(errno, "sync the directory", path);
  }
}

DurableFile::DurableFile(const std::string& final_path) : final_path_(final_path) {
  std::string pattern = final_path + "-tmp-XXXXXX";
  fd_ = UniqueFd(::mkostemp(pattern.data(), O_CLOEXEC));
  if (!fd_) throw_errno(errno, "create a file for", final_path);
  path_ = std::move(pattern);
}

DurableFile::~DurableFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

void DurableFile::write(ByteView bytes) {
  // A hint only: some file systems cannot, and a full one will say so when written to.
  static_cast<void>(::fallocate(fd_.get(), 0, 0, static_cast<off_t>(bytes.size())));
  write_all(fd_.get(), bytes, path_);
}

void DurableFile::publish(unsigned mode) {
  const bool synced = ::fsync(fd_.get()) == 0;
  if (!synced && !sync_unsupported(errno)) throw_errno(errno, "sync", path_);
  if (::fchmod(fd_.get(), mode) != 0 && errno != EPERM && errno != EACCES &&
      !sync_unsupported(errno)) {
    throw_errno(errno, "change the mode of", path_);
  }
  if (::close(fd_.release()) != 0) throw_errno(errno, "close", path_);
  if (::rename(path_.c_str(), final_path_.c_str()) != 0) {
    throw_errno(errno, "rename a finished file to", final_path_);
  }
  path_.clear();
  if (synced) sync_directory(parent_directory(final_path_));
}

}  // namespace snapfs
