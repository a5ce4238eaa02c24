#include "mount/fuse/replies.h"

#include <sys/stat.h>
#include <sys/uio.h>

#include <memory>
#include <string>
#include <vector>

#include "fs/base/blocking_hint.h"

namespace snapfs {

namespace {

/// The kernel takes at most 1,024 pieces in one write, the reply's header being one of them; a
/// request that is answered with more would never return.
constexpr std::size_t kMaxPieces = 1000;

/// What the C library asks for at a time when it lists a directory. It allocates as much, and so
/// does the kernel: a MiB costs more to get than the few entries of most directories.
constexpr blksize_t kDirectoryBlockSize = 64 << 10;

/// Sending more than this takes as long as waking another thread.
constexpr std::size_t kLongReplyBytes = 64 << 10;

struct BufferMemory {
  std::unique_ptr<char[]> bytes;
  std::size_t size = 0;
};

/// Of this thread's DirectoryBuffer.
thread_local BufferMemory buffer_memory;

struct Position {
  std::string name;
  Entry entry;
  bool dot = false;
};

/// The entry at a position: the two dots first.
Position at_position(const OpenDirectory& directory, std::uint64_t position) {
  if (position >= 2) {
    const std::size_t index = position - 2;
    return {std::string(directory.name(index)), directory.entry(index), false};
  }
  Position result;
  result.name = position == 0 ? "." : "..";
  result.dot = true;
  result.entry.attributes.inode = position == 0 ? directory.self() : directory.parent();
  result.entry.attributes.mode = S_IFDIR;
  return result;
}

/// libfuse does not look at the request when it writes an entry. It may be answered by then.
constexpr fuse_req_t kNoRequest = nullptr;

/// `add(position, buffer, next)` returns the bytes that the entry needs, and adds it when there are
/// as many.
template <class Add>
DirectoryBuffer fill(const ListingPlace& place, std::size_t size, const Add& add) {
  DirectoryBuffer buffer(size);
  const OpenDirectory& directory = *place.directory;
  const std::uint64_t end = directory.size() + 2;
  for (std::uint64_t i = place.position; i < end; ++i) {
    if (!buffer.advance(add(at_position(directory, i), buffer, place.listing | (i + 1)))) break;
  }
  return buffer;
}

}  // namespace

DirectoryBuffer::DirectoryBuffer(std::size_t size) : size_(size) {
  if (buffer_memory.size < size) {
    buffer_memory.size = 0;
    buffer_memory.bytes.reset(new char[size]);
    buffer_memory.size = size;
  }
  data_ = buffer_memory.bytes.get();
}

struct stat to_stat(const Entry& entry) noexcept {
  const Attributes& attributes = entry.attributes;
  struct stat status {};
  status.st_ino = attributes.inode;
  status.st_mode = attributes.mode;
  status.st_nlink = attributes.links;
  status.st_uid = attributes.uid;
  status.st_gid = attributes.gid;
  // The format keeps the 64-bit number of stat(2), which for Linux's 12-bit majors and 20-bit
  // minors is the 32-bit number of the FUSE protocol.
  status.st_rdev = attributes.device;
  status.st_size = static_cast<off_t>(attributes.size);
  status.st_blocks = static_cast<blkcnt_t>(attributes.blocks);
  status.st_blksize = S_ISDIR(attributes.mode) ? kDirectoryBlockSize : kBlockSize;
  status.st_atim = attributes.atime.to_timespec();
  status.st_mtim = attributes.mtime.to_timespec();
  status.st_ctim = attributes.ctime.to_timespec();
  return status;
}

fuse_entry_param to_entry_param(const Entry& entry, const FuseContext& context) noexcept {
  fuse_entry_param param{};
  param.ino = entry.ino;
  // The kernel knows its root by generation 0.
  param.generation = entry.ino == kRootIno ? 0 : context.generation;
  param.attr = to_stat(entry);
  param.attr_timeout = timeout_of(entry, context);
  param.entry_timeout = timeout_of(entry, context);
  return param;
}

DirectoryBuffer directory_entries(const ListingPlace& place, std::size_t size) {
  return fill(place, size,
              [&](const Position& position, DirectoryBuffer& buffer, std::uint64_t next) {
                const struct stat status = to_stat(position.entry);
                return fuse_add_direntry(kNoRequest, buffer.end(), buffer.left(),
                                         position.name.c_str(), &status, static_cast<off_t>(next));
              });
}

DirectoryBuffer directory_entries_plus(const ListingPlace& place, std::size_t size,
                                       const FuseContext& context, ToldEntries& told) {
  return fill(
      place, size, [&](const Position& position, DirectoryBuffer& buffer, std::uint64_t next) {
        const std::size_t needed =
            fuse_add_direntry_plus(kNoRequest, nullptr, 0, position.name.c_str(), nullptr, 0);
        if (needed > buffer.left()) return needed;
        fuse_entry_param param = to_entry_param(position.entry, context);
        // Node 0: a name only, to be looked up when it is needed. The kernel neither looks
        // up the dots nor counts them; another node may have been forgotten since.
        if (position.dot || !told.add(position.entry, position.name)) param.ino = 0;
        return fuse_add_direntry_plus(kNoRequest, buffer.end(), buffer.left(),
                                      position.name.c_str(), &param, static_cast<off_t>(next));
      });
}

SliceReply::SliceReply(FileSlice slice) : slice_(std::move(slice)) {
  if (slice_.pieces.size() > kMaxPieces) {
    joined_.reserve(slice_.size());
    for (const FileSlice::Piece& piece : slice_.pieces) append(joined_, piece.bytes);
    pieces_.push_back({joined_.data(), joined_.size()});
    return;
  }
  pieces_.reserve(slice_.pieces.size());
  for (const FileSlice::Piece& piece : slice_.pieces) {
    // writev does not write to what it sends.
    pieces_.push_back({const_cast<std::uint8_t*>(piece.bytes.data()), piece.bytes.size()});
  }
}

void SliceReply::send(fuse_req_t req) const noexcept {
  if (slice_.size() > kLongReplyBytes) hint_blocking();
  if (pieces_.empty()) {
    fuse_reply_buf(req, nullptr, 0);
  } else {
    fuse_reply_iov(req, pieces_.data(), static_cast<int>(pieces_.size()));
  }
}

}  // namespace snapfs
