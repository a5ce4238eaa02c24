#include "fs/backend/local.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include <fmt/format.h>

#include "fs/backend/regular_file.h"
#include "fs/backend/stored_range.h"
#include "fs/base/durable_file.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/parallel.h"

namespace snapfs {
namespace {

constexpr unsigned kGroupRead = 0040;

/// Of what has a file's name but is none: not empty, since empty files mean something.
constexpr std::uint64_t kNoFileSize = 1;

/// Directory streams close themselves.
struct CloseDir {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};
using DirectoryStream = std::unique_ptr<DIR, CloseDir>;

/// False when the directory above is missing, too.
bool make_directory(const std::string& path, unsigned mode) {
  if (::mkdir(path.c_str(), mode) == 0 || errno == EEXIST) return true;
  if (errno != ENOENT) throw_errno(errno, "create the directory", path);
  return false;
}

/// Makes the directory and those above it, each durable before anything is put into it: a synced
/// file is lost all the same when the directory it is in was not.
void make_directories(const std::string& path, unsigned mode) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return;
  const std::string parent = parent_directory(path);
  if (!make_directory(path, mode)) {
    if (parent == path) throw_errno(ENOENT, "create the directory", path);
    make_directories(parent, mode);
    if (!make_directory(path, mode)) throw_errno(ENOENT, "create the directory", path);
  }
  sync_directory(parent);
}

/// Directories are there but for the first file of all: they are made when one is missed.
DurableFile make_file(const std::string& final_path, unsigned directory_mode) {
  try {
    return DurableFile(final_path);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
  }
  make_directories(parent_directory(final_path), directory_mode);
  return DurableFile(final_path);
}

/// Whether files of this kind say that others are there: a snapshot its index, that its packs.
bool is_referring(FileKind kind) { return kind == FileKind::kSnapshot || kind == FileKind::kIndex; }

bool is_hex(std::string_view name) {
  return name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

DirectoryStream open_directory(const std::string& path) {
  DirectoryStream stream(::opendir(path.c_str()));
  if (!stream && errno != ENOENT) throw_errno(errno, "list", path);
  if (!stream) require_absent(ENOENT, "list", path);
  return stream;
}

/// Calls `visit` with each name; a directory that does not exist is empty.
template <class Visit>
void for_each_name(const std::string& path, const Visit& visit) {
  const DirectoryStream stream = open_directory(path);
  if (!stream) return;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    visit(std::string_view(entry->d_name), ::dirfd(stream.get()));
  }
  if (errno != 0) throw_errno(errno, "list", path);
}

void list_directory(const std::string& path, FileKind kind, std::vector<FileInfo>& found) {
  for_each_name(path, [&](std::string_view name, int directory_fd) {
    const std::optional<Id> id = Id::parse(name);
    // Upper-case digits are an ID, too, but a file of that name cannot be asked for again.
    if (!id || id->hex() != name) return;
    const std::string full = fmt::format("{}/{}", path, name);
    struct stat status {};
    std::uint64_t size = kNoFileSize;
    try {
      if (::fstatat(directory_fd, std::string(name).c_str(), &status, 0) != 0) {
        require_absent(errno, "examine", full);
        return;  // removed meanwhile by another process
      }
      require_regular(status.st_mode, full);
      size = static_cast<std::uint64_t>(status.st_size);
    } catch (const Error& error) {
      // Nobody reads all packs that he lists, and one that is not listed counts as lost.
      if (error.code() != ErrorCode::kUnsupported || kind == FileKind::kPack) throw;
    }
    found.push_back({*id, size});
  });
}

}  // namespace

LocalBackend::LocalBackend(std::string path)
    : path_(std::move(path)), directory_mode_(0700), file_mode_(0600) {
  struct stat status {};
  const std::string config = full_path(FileKey::config());
  if (::stat(config.c_str(), &status) == 0 && (status.st_mode & kGroupRead) != 0) {
    directory_mode_ = 0770;
    file_mode_ = 0660;
  }
}

std::string LocalBackend::full_path(const FileKey& key) const {
  return fmt::format("{}/{}", path_, path_of(key));
}

// The cores decide how much is read at once: what is in the page cache waits for nothing, and disks
// are asked for packs one after the other.
StorageTraits LocalBackend::traits() const noexcept {
  return {.requests = static_cast<unsigned>(core_count()), .pack_transfers = 2};
}

void LocalBackend::create(const StopToken& stop) {
  throw_if_stopped(stop);
  make_directories(path_, directory_mode_);
  for (const FileKind kind : kListedKinds) {
    make_directories(fmt::format("{}/{}", path_, directory_of(kind)), directory_mode_);
  }
  const std::string data = fmt::format("{}/{}", path_, directory_of(FileKind::kPack));
  for (int prefix = 0; prefix < 256; ++prefix) {
    make_directory(fmt::format("{}/{:02x}", data, prefix), directory_mode_);
  }
  sync_directory(data);  // once for all of them
}

void LocalBackend::save(const FileKey& key, ByteView bytes, Content /*content*/,
                        const StopToken& stop) {
  throw_if_stopped(stop);
  DurableFile file = make_file(full_path(key), directory_mode_);
  file.write(bytes);
  throw_if_stopped(stop);
  file.publish(file_mode_ & ~0222U);
}

Bytes LocalBackend::load(const FileKey& key, std::optional<ByteRange> range,
                         LoadPurpose /*purpose*/, const StopToken& stop) {
  throw_if_stopped(stop);
  const std::string path = full_path(key);
  const UniqueFd fd = open_regular_file(path);
  // Asked before memory is: the range may come from a damaged index, the file from anybody.
  const ByteRange wanted = require_range(key, path, range, file_size(fd.get(), path));
  Bytes bytes = make_room(key, wanted.length);
  if (read_at(fd.get(), wanted.offset, bytes, path) != wanted.length) throw_too_short(key, path);
  return bytes;
}

std::optional<std::uint64_t> LocalBackend::size(const FileKey& key, const StopToken& stop) {
  throw_if_stopped(stop);
  struct stat status {};
  const std::string path = full_path(key);
  if (::stat(path.c_str(), &status) != 0) {
    require_absent(errno, "examine", path);
    return std::nullopt;
  }
  require_regular(status.st_mode, path);
  return static_cast<std::uint64_t>(status.st_size);
}

std::vector<FileInfo> LocalBackend::list(FileKind kind, const StopToken& stop) {
  throw_if_stopped(stop);
  const std::string directory = fmt::format("{}/{}", path_, directory_of(kind));
  std::vector<FileInfo> found;
  if (kind != FileKind::kPack) {
    list_directory(directory, kind, found);
    return found;
  }
  for_each_name(directory, [&](std::string_view name, int directory_fd) {
    throw_if_stopped(stop);
    if (name == "." || name == "..") return;
    struct stat status {};
    if (::fstatat(directory_fd, std::string(name).c_str(), &status, 0) != 0) {
      // A link to where packs are that is not there now must not make them count as lost.
      require_absent(errno, "examine", fmt::format("{}/{}", directory, name));
      return;
    }
    const std::string below = fmt::format("{}/{}", directory, name);
    if (S_ISDIR(status.st_mode)) {
      list_directory(below, kind, found);
    } else if (name.size() == 2 && is_hex(name)) {
      throw Error(ErrorCode::kUnsupported,
                  below + " is no directory: bring back the directory of packs of that name",
                  below);
    }
  });
  return found;
}

void LocalBackend::remove(const FileKey& key, const StopToken& stop) {
  throw_if_stopped(stop);
  settle_before_removing(key.kind);
  const std::string path = full_path(key);
  if (::unlink(path.c_str()) != 0) throw_errno(errno, "remove", path);
  if (key.kind == FileKind::kKey) sync_directory(parent_directory(path));
  if (is_referring(key.kind)) unsettled_.lock()->insert(key.kind);
}

void LocalBackend::settle_before_removing(FileKind kind) {
  if (kind != FileKind::kIndex && kind != FileKind::kPack) return;
  // Held meanwhile: who removes the next one must not be faster than the disk.
  const auto unsettled = unsettled_.lock();
  std::erase_if(*unsettled, [&](FileKind other) {
    if (other == kind) return false;
    const std::string directory = fmt::format("{}/{}", path_, directory_of(other));
    if (::access(directory.c_str(), F_OK) == 0) sync_directory(directory);
    return true;
  });
}

}  // namespace snapfs
