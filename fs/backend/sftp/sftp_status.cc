#include "fs/backend/sftp/sftp_status.h"

#include <algorithm>

#include <fmt/format.h>

#include "fs/base/one_line.h"
#include "fs/base/utf8.h"

namespace snapfs {
namespace {

ErrorCode meaning_of(SftpCode code) {
  switch (code) {
    case SftpCode::kNoSuchFile:
      return ErrorCode::kNotFound;
    case SftpCode::kPermissionDenied:
      return ErrorCode::kPermission;
    case SftpCode::kNoConnection:
    case SftpCode::kConnectionLost:
      return ErrorCode::kUnavailable;
    case SftpCode::kUnsupported:
      return ErrorCode::kUnsupported;
    case SftpCode::kNoSpace:
    case SftpCode::kOverQuota:
      return ErrorCode::kNoSpace;
    default:
      return ErrorCode::kIo;
  }
}

/// For servers that say nothing.
std::string_view words_for(SftpCode code) {
  switch (code) {
    case SftpCode::kEndOfFile:
      return "nothing is left to read";
    case SftpCode::kNoSuchFile:
      return "no such file or directory";
    case SftpCode::kPermissionDenied:
      return "permission denied";
    case SftpCode::kNoConnection:
    case SftpCode::kConnectionLost:
      return "the server lost its connection";
    case SftpCode::kUnsupported:
      return "the server does not know the request";
    case SftpCode::kNoSpace:
    case SftpCode::kOverQuota:
      return "no space left";
    default:
      return "the server failed, and does not say why";
  }
}

std::string_view advice_for(ErrorCode code) {
  switch (code) {
    case ErrorCode::kPermission:
      return ": check what this user may do there";
    case ErrorCode::kNoSpace:
      return ": make room there, or raise the quota";
    case ErrorCode::kUnsupported:
      return ": use another SFTP server";
    case ErrorCode::kIo:
      return ": see what the server's log says, and that its file system is well";
    default:
      return "";
  }
}

}  // namespace

SftpStatus SftpStatus::decode(const SftpReply& reply) {
  if (reply.type() != SftpType::kStatus) {
    throw sftp_nonsense(fmt::format("an answer of the type {} where a status was due",
                                    static_cast<unsigned>(reply.type())));
  }
  SftpFields fields(reply.body());
  SftpStatus status;
  status.code = static_cast<SftpCode>(fields.number());
  if (!fields.empty()) status.words = one_line(fields.text());  // left out by old servers
  return status;
}

bool is_status(const SftpReply& reply, SftpCode code) {
  return reply.type() == SftpType::kStatus && SftpStatus::decode(reply).code == code;
}

Error sftp_error(const SftpStatus& status, std::string_view action, const std::string& subject) {
  // "Failure" is all that OpenSSH says of most things; others say more.
  const bool says_something = !status.words.empty() && status.words != "Failure";
  const ErrorCode code = meaning_of(status.code);
  return {code,
          fmt::format("cannot {} {}: {}{}", action, subject,
                      says_something ? status.words : words_for(status.code), advice_for(code)),
          subject};
}

void require_no_failure(const SftpReply& reply, std::string_view action,
                        const std::string& subject) {
  if (reply.type() != SftpType::kStatus) return;
  const SftpStatus status = SftpStatus::decode(reply);
  if (!status.ok()) throw sftp_error(status, action, subject);
}

}  // namespace snapfs
