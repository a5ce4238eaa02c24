// Reading: what the file is and its opening are asked for together; once it is open, its attributes
// and the first part of it are asked for together, then as many parts as are wanted and may be
// under way. A part may come shorter than it was asked for; the rest of it is asked for again.
// Writing: the same with writes, behind which the sync and the close are sent without waiting,
// since a server does what concerns one file in order.
#include "fs/backend/sftp/sftp_transfer.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <random>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "fs/backend/regular_file.h"
#include "fs/backend/sftp/sftp_files.h"
#include "fs/backend/stored_range.h"
#include "fs/base/durable_file.h"
#include "fs/base/error.h"
#include "fs/base/saturating.h"

namespace snapfs {
namespace {

/// Bytes of one file that are under way at once: as much as OpenSSH lets through before it wants to
/// hear that they arrived.
constexpr std::uint64_t kWindow = 2 << 20;

constexpr std::uint32_t kNoAttributes = 0;

/// How often a file that is in the way of a rename is removed.
constexpr int kRenames = 20;

/// What of a file was asked for and did not come yet.
struct Part {
  std::uint32_t request = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// The parts of an open file that come.
class Download {
 public:
  Download(SftpCall& call, const SftpHandle& handle, RateLimit* limit)
      : call_(call), handle_(handle), limit_(limit) {}

  /// Asks for what lies before `end` and was not asked for, as far as there is room under way.
  void ask_until(std::uint64_t end) {
    while (next_ < end && under_way_ < kWindow) {
      const std::uint64_t length =
          std::min<std::uint64_t>(call_.server().longest_read, end - next_);
      parts_.push_back(ask(next_, length));
      next_ += length;
    }
  }

  /// Where it begins: before anything is asked for.
  void begin_at(std::uint64_t offset) { next_ = offset; }

  /// Waits for the range, of which the first part was asked for, and nothing before it.
  void take(const ByteRange& range, MutByteView out, const FileKey& key, const SftpPath& path) {
    const std::uint64_t end = range.offset + range.length;
    for (;;) {
      ask_until(end);
      if (parts_.empty()) return;
      const Part part = parts_.front();
      parts_.pop_front();
      under_way_ -= part.length;
      if (part.offset >= end) continue;
      const SftpReply reply = call_.receive(part.request);
      if (is_status(reply, SftpCode::kEndOfFile)) throw_too_short(key, path.shown);
      require_no_failure(reply, "read", path.shown);
      const ByteView data = decode_data(reply);
      if (data.empty() || data.size() > part.length) {
        throw sftp_nonsense("another part of a file than was asked for");
      }
      const ByteView wanted = data.first(std::min<std::uint64_t>(data.size(), end - part.offset));
      std::memcpy(out.data() + (part.offset - range.offset), wanted.data(), wanted.size());
      const std::uint64_t missing = std::min(part.length, end - part.offset) - wanted.size();
      if (missing > 0) parts_.push_front(ask(part.offset + wanted.size(), missing));
    }
  }

 private:
  Part ask(std::uint64_t offset, std::uint64_t length) {
    if (limit_ != nullptr) limit_->pass(length, call_.stop());
    const std::uint32_t request = call_.send(SftpRequest(SftpType::kRead)
                                                 .string(handle_.bytes())
                                                 .long_number(offset)
                                                 .number(static_cast<std::uint32_t>(length)));
    under_way_ += length;
    return {request, offset, length};
  }

  SftpCall& call_;
  const SftpHandle& handle_;
  RateLimit* limit_;
  std::uint64_t next_ = 0;       ///< what lies before it was asked for
  std::uint64_t under_way_ = 0;  ///< bytes
  std::deque<Part> parts_;
};

/// A file's temporary name: removed, without waiting, unless it was renamed.
class TemporaryFile {
 public:
  TemporaryFile(SftpCall& call, const SftpPath& final_path, bool may_be_away)
      : call_(call), final_(final_path), may_be_away_(may_be_away) {
    std::random_device random;
    path_ = fmt::format("{}-tmp-{:08x}", final_.path, random());
  }
  ~TemporaryFile() {
    if (path_.empty()) return;
    try {
      call_.tell(SftpRequest(SftpType::kRemove).string(path_));
    } catch (const std::exception&) {
      // Listings pass over the name.
    }
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const noexcept { return path_; }

  void publish() {
    SftpStatus status = rename();
    if (!may_be_away_ && may_be_in_the_way(status) && examine(call_, final_)) {
      throw Error(
          ErrorCode::kUnsupported,
          fmt::format("cannot replace {}: the SFTP server cannot do that in one step, and a "
                      "break in between would lose the file: use a server that knows "
                      "posix-rename, or run this where the directory is",
                      final_.shown),
          final_.shown);
    }
    // The protocol's own rename takes nothing's place, and others may rename to the same name
    // between our removing it and our renaming.
    for (int tries = 0; tries < kRenames && may_be_in_the_way(status); ++tries) {
      (void)call_.ask(SftpRequest(SftpType::kRemove).string(final_.path));
      status = rename();
    }
    if (!status.ok()) throw sftp_error(status, "rename a new file to", final_.shown);
    path_.clear();
  }

 private:
  bool may_be_in_the_way(const SftpStatus& status) const {
    return !call_.server().has_posix_rename && !status.ok() &&
           status.code != SftpCode::kPermissionDenied && status.code != SftpCode::kNoSuchFile;
  }

  SftpStatus rename() {
    SftpRequest request = call_.server().has_posix_rename
                              ? SftpRequest(SftpType::kExtended).string("posix-rename@openssh.com")
                              : SftpRequest(SftpType::kRename);
    return SftpStatus::decode(call_.ask(std::move(request).string(path_).string(final_.path)));
  }

  SftpCall& call_;
  const SftpPath& final_;
  const bool may_be_away_;
  std::string path_;
};

/// Sends all of the content, and waits for all but what is under way at the end.
class Upload {
 public:
  Upload(SftpCall& call, SftpHandle& handle, const SftpPath& path, RateLimit* limit)
      : call_(call), handle_(handle), path_(path), limit_(limit) {}

  void send(ByteView bytes) {
    for (std::uint64_t offset = 0; offset < bytes.size();) {
      const std::uint64_t length =
          std::min<std::uint64_t>(call_.server().longest_write, bytes.size() - offset);
      while (under_way_ > 0 && under_way_ + length > kWindow) take_one();
      if (limit_ != nullptr) limit_->pass(length, call_.stop());
      const std::uint32_t request = call_.send(SftpRequest(SftpType::kWrite)
                                                   .string(handle_.bytes())
                                                   .long_number(offset)
                                                   .string(bytes.subspan(offset, length)));
      parts_.push_back({request, offset, length});
      under_way_ += length;
      offset += length;
    }
  }

  /// Closes it, too.
  void finish() {
    std::optional<std::uint32_t> sync;
    if (call_.server().has_fsync) {
      sync = call_.send(
          SftpRequest(SftpType::kExtended).string("fsync@openssh.com").string(handle_.bytes()));
    }
    const std::uint32_t closing = handle_.close();
    while (!parts_.empty()) take_one();
    if (sync) require_sync(SftpStatus::decode(call_.receive(*sync)));
    require_no_failure(call_.receive(closing), "close", path_.shown);
  }

 private:
  void require_sync(const SftpStatus& status) const {
    // Some file systems cannot sync; nothing better can be done there (FORMAT §1.3).
    const bool cannot =
        status.code == SftpCode::kUnsupported || status.code == SftpCode::kBadMessage;
    if (!status.ok() && !cannot) throw sftp_error(status, "sync", path_.shown);
  }

  void take_one() {
    require_no_failure(call_.receive(parts_.front().request), "write", path_.shown);
    under_way_ -= parts_.front().length;
    parts_.pop_front();
  }

  SftpCall& call_;
  SftpHandle& handle_;
  const SftpPath& path_;
  RateLimit* limit_;
  std::deque<Part> parts_;
  std::uint64_t under_way_ = 0;  ///< bytes
};

/// A server that opens a FIFO waits for somebody to write to it, and answers nobody any more. What
/// it says of the file comes before that.
void require_openable(SftpCall& call, const SftpReply& looked, const SftpPath& path) {
  if (looked.type() == SftpType::kStatus) return;  // opening it says why
  const std::optional<std::uint32_t> mode = decode_attributes(looked).permissions;
  if (!mode || S_ISREG(*mode) || S_ISDIR(*mode)) return;
  call.give_up_connection({ErrorCode::kUnavailable,
                           "the SFTP server answers nobody any more, as it waits for something "
                           "that is no file of a repository"});
  require_regular(*mode, path.shown);
}

}  // namespace

Bytes download(SftpCall& call, const SftpPath& path, const FileKey& key,
               const std::optional<ByteRange>& range, RateLimit* limit) {
  const std::uint32_t looking = call.send(SftpRequest(SftpType::kStat).string(path.path));
  const std::uint32_t opening = call.send(
      SftpRequest(SftpType::kOpen).string(path.path).number(kSftpRead).number(kNoAttributes));
  require_openable(call, call.receive(looking), path);
  const SftpReply opened = call.receive(opening);
  if (opened.type() == SftpType::kStatus) {
    throw Error(cannot_open(call, SftpStatus::decode(opened), "open", path));
  }
  const SftpHandle handle(call, opened);
  const std::uint32_t examining = call.send(SftpRequest(SftpType::kFstat).string(handle.bytes()));
  Download parts(call, handle, limit);
  // Before the size is known: what is wanted in any case, or will be all of most files.
  const std::uint64_t offset = range ? range->offset : 0;
  const std::uint64_t guess = range ? std::min(range->length, kWindow) : call.server().longest_read;
  parts.begin_at(offset);
  parts.ask_until(saturating_sum(offset, guess));

  const SftpReply examined = call.receive(examining);
  require_no_failure(examined, "examine", path.shown);
  const SftpAttributes attributes = decode_attributes(examined);
  if (attributes.permissions) require_regular(*attributes.permissions, path.shown);
  if (!attributes.size) throw sftp_nonsense("no size of a file");
  const ByteRange wanted = require_range(key, path.shown, range, *attributes.size);
  Bytes bytes = make_room(key, wanted.length);
  parts.take(wanted, bytes, key, path);
  return bytes;
}

void upload(SftpCall& call, const SftpPath& path, ByteView bytes, const UploadWay& how) {
  try {
    TemporaryFile file(call, path, how.may_be_away);
    const SftpReply opened = call.ask(SftpRequest(SftpType::kOpen)
                                          .string(file.path())
                                          .number(kSftpWrite | kSftpCreate | kSftpExclusive)
                                          .permissions(how.mode));
    require_no_failure(opened, "create a file for", path.shown);
    {
      SftpHandle handle(call, opened);
      // The server may have taken the group's permissions away.
      call.tell(SftpRequest(SftpType::kFsetstat).string(handle.bytes()).permissions(how.mode));
      Upload content(call, handle, path, how.limit);
      content.send(bytes);
      content.finish();
    }
    file.publish();
  } catch (const Error& error) {
    throw Error(
        explain_failure(call, error, {parent_directory(path.path), path.shown}, bytes.size()));
  }
}

}  // namespace snapfs
