// What is asked of files and directories on a server in a few requests: what they are, making
// directories, listing them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "fs/backend/sftp/sftp_call.h"
#include "fs/backend/sftp/sftp_path.h"
#include "fs/backend/sftp/sftp_status.h"

namespace snapfs {

/// An open file or directory: closed when it goes, without waiting, if it was not before.
class SftpHandle {
 public:
  /// `reply` answered what was to open it, and is a handle. The call must outlive it.
  SftpHandle(SftpCall& call, const SftpReply& reply) : call_(call), bytes_(decode_handle(reply)) {}
  ~SftpHandle();
  SftpHandle(const SftpHandle&) = delete;
  SftpHandle& operator=(const SftpHandle&) = delete;

  ByteView bytes() const noexcept { return bytes_; }

  /// Has it closed; returns the request, of which the answer is the caller's to receive.
  std::uint32_t close();

 private:
  SftpCall& call_;
  Bytes bytes_;
  bool is_closed_ = false;
};

/// What is there, seen through links; nothing when nothing is. Error{kUnsupported} for a link that
/// leads nowhere. Takes one round trip.
std::optional<SftpAttributes> examine(SftpCall& call, const SftpPath& path);

/// The Error for what could not be opened: Error{kUnsupported} for a link that leads nowhere, what
/// the server says otherwise.
Error cannot_open(SftpCall& call, const SftpStatus& status, std::string_view action,
                  const SftpPath& path);

/// Whether the mode, if it was told, is a directory's.
bool is_directory(const SftpAttributes& attributes);

/// The same Error, or kNoSpace if it is none of the known ones and the file system of `path` has no
/// room for so many bytes.
Error explain_failure(SftpCall& call, const Error& error, const SftpPath& path,
                      std::uint64_t bytes);

/// Makes the directory and those above it that are missing.
void make_directories(SftpCall& call, const SftpPath& path, std::uint32_t mode);

/// Makes directories of which those above are there, all at once; those that exist are fine.
void make_each_directory(SftpCall& call, const std::vector<SftpPath>& paths, std::uint32_t mode);

/// Everything in each of the directories but "." and "..", many at once; nothing for one that does
/// not exist or is none.
std::vector<std::vector<SftpName>> list_directories(SftpCall& call,
                                                    const std::vector<SftpPath>& paths);

}  // namespace snapfs
