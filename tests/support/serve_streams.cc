// A file system of files that can be read but not sought in, as those of some network storage are:
// its root holds "empty", "small" and "large", whose sizes stat(2) does not tell. For tests of the
// linked program.
//
// usage: serve_streams -f MOUNTPOINT   until it is unmounted
#define FUSE_USE_VERSION 35
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include <fuse3/fuse.h>

namespace {

constexpr std::size_t kLargeBytes = 5'000'000;
constexpr std::size_t kPiece = 4096;

struct StreamFile {
  std::string_view path;
  std::size_t bytes;
};

constexpr StreamFile kFiles[] = {{"/empty", 0}, {"/small", 11}, {"/large", kLargeBytes}};

const StreamFile* find(std::string_view path) {
  const auto* const found = std::ranges::find(kFiles, path, &StreamFile::path);
  return found == std::end(kFiles) ? nullptr : found;
}

int get_attributes(const char* path, struct stat* status, fuse_file_info* /*info*/) {
  *status = {};
  if (std::string_view(path) == "/") {
    status->st_mode = S_IFDIR | 0755;
    status->st_nlink = 2;
    return 0;
  }
  if (find(path) == nullptr) return -ENOENT;
  status->st_mode = S_IFREG | 0644;
  status->st_nlink = 1;
  status->st_mtim = {1'700'000'000, 5};
  return 0;
}

int list(const char* /*path*/, void* buffer, fuse_fill_dir_t fill, off_t /*offset*/,
         fuse_file_info* /*info*/, fuse_readdir_flags /*flags*/) {
  for (const StreamFile& file : kFiles) {
    fill(buffer, file.path.data() + 1, nullptr, 0, static_cast<fuse_fill_dir_flags>(0));
  }
  return 0;
}

int open_stream(const char* path, fuse_file_info* info) {
  if (find(path) == nullptr) return -ENOENT;
  info->direct_io = 1;
  info->nonseekable = 1;
  return 0;
}

/// Short answers, as streams give them.
int read_piece(const char* path, char* buffer, std::size_t size, off_t offset,
               fuse_file_info* /*info*/) {
  const std::size_t bytes = find(path)->bytes;
  const auto from = static_cast<std::size_t>(offset);
  const std::size_t count = std::min({size, kPiece, bytes - std::min(from, bytes)});
  for (std::size_t i = 0; i < count; ++i) {
    buffer[i] = static_cast<char>('a' + (from + i) % 23);
  }
  return static_cast<int>(count);
}

}  // namespace

int main(int argc, char** argv) {
  fuse_operations operations{};
  operations.getattr = get_attributes;
  operations.readdir = list;
  operations.open = open_stream;
  operations.read = read_piece;
  return fuse_main(argc, argv, &operations, nullptr);
}
