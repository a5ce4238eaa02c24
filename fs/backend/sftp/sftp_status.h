// What a server says of a request, and what that means for us.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fs/backend/sftp/sftp_message.h"
#include "fs/base/error.h"

namespace snapfs {

enum class SftpCode : std::uint32_t {
  kOk = 0,
  kEndOfFile = 1,
  kNoSuchFile = 2,
  kPermissionDenied = 3,
  kFailure = 4,  ///< anything else: a full disk, what exists already, a rename that cannot be
  kBadMessage = 5,
  kNoConnection = 6,
  kConnectionLost = 7,
  kUnsupported = 8,
  kNoSpace = 14,  ///< of later versions, but some servers send it in this one
  kOverQuota = 15,
};

struct SftpStatus {
  SftpCode code = SftpCode::kFailure;
  std::string words;  ///< the server's, fit to be shown; may be empty

  bool ok() const noexcept { return code == SftpCode::kOk; }

  /// Throws Error{kUnavailable} when it is another answer.
  static SftpStatus decode(const SftpReply& reply);
};

/// Whether the answer is a status and says that.
bool is_status(const SftpReply& reply, SftpCode code);

/// "cannot <action> <subject>: <the server's words>".
Error sftp_error(const SftpStatus& status, std::string_view action, const std::string& subject);

/// Throws that when the answer is a status and not kOk.
void require_no_failure(const SftpReply& reply, std::string_view action,
                        const std::string& subject);

}  // namespace snapfs
