#include "fs/backend/sftp/sftp_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <deque>
#include <iterator>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "fs/backend/regular_file.h"
#include "fs/base/durable_file.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

/// Directories that are open at once: servers bear some hundred files.
constexpr std::size_t kOpenAtOnce = 64;

/// Parts of a listing that are asked for ahead, at first and at most: a server gives about a
/// hundred names at once.
constexpr std::size_t kFirstParts = 2;
constexpr std::size_t kMostParts = 16;

SftpRequest about(SftpType type, const std::string& path) { return SftpRequest(type).string(path); }

bool is_link(const SftpAttributes& attributes) {
  return attributes.permissions && S_ISLNK(*attributes.permissions);
}

/// A listing that is under way.
class OpenListing {
 public:
  OpenListing(SftpCall& call, const SftpPath& path)
      : call_(call), path_(path), opening_(call.send(about(SftpType::kOpendir, path.path))) {}

  /// Waits until it is open and asks for its first parts.
  void open() {
    const SftpReply reply = call_.receive(opening_);
    if (reply.type() == SftpType::kStatus) {
      const SftpStatus status = SftpStatus::decode(reply);
      const Error error = cannot_open(call_, status, "list", path_);
      if (error.code() != ErrorCode::kNotFound) throw Error(error);
      return;
    }
    handle_.emplace(call_, reply);
    for (std::size_t i = 0; i < kFirstParts; ++i) ask();
  }

  std::vector<SftpName> read() {
    std::vector<SftpName> names;
    if (!handle_) return names;
    for (;;) {
      const SftpReply reply = call_.receive(parts_.front());
      parts_.pop_front();
      if (is_status(reply, SftpCode::kEndOfFile)) break;
      require_no_failure(reply, "list", path_.shown);
      std::vector<SftpName> part = decode_names(reply);
      if (part.empty()) throw sftp_nonsense("a part of a listing without a name");
      std::ranges::move(part, std::back_inserter(names));
      const std::size_t wanted = std::min(kMostParts, 2 * parts_.size() + 1);
      while (parts_.size() < wanted) ask();
    }
    handle_.reset();
    std::erase_if(names, [](const SftpName& one) { return one.name == "." || one.name == ".."; });
    return names;
  }

 private:
  void ask() {
    parts_.push_back(call_.send(SftpRequest(SftpType::kReaddir).string(handle_->bytes())));
  }

  SftpCall& call_;
  const SftpPath& path_;
  std::uint32_t opening_;
  std::optional<SftpHandle> handle_;  ///< empty when there is no such directory
  std::deque<std::uint32_t> parts_;   ///< what was asked for
};

void require_directory(SftpCall& call, const SftpStatus& failure, const SftpPath& path) {
  const std::optional<SftpAttributes> found = examine(call, path);
  if (found && is_directory(*found)) return;
  throw explain_failure(call, sftp_error(failure, "create the directory", path.shown),
                        {parent_directory(path.path), path.shown}, 1);
}

/// Of what we made: the server may have taken the group's permissions away.
void give_mode(SftpCall& call, const SftpPath& path, std::uint32_t mode) {
  if ((mode & ~S_IRWXU) != 0) call.tell(about(SftpType::kSetstat, path.path).permissions(mode));
}

/// The directories above are there, or not: false then.
bool make_directory(SftpCall& call, const SftpPath& path, std::uint32_t mode) {
  const SftpReply reply = call.ask(about(SftpType::kMkdir, path.path).permissions(mode));
  const SftpStatus status = SftpStatus::decode(reply);
  if (status.code == SftpCode::kNoSuchFile) return false;
  if (status.ok()) {
    give_mode(call, path, mode);
  } else {
    require_directory(call, status, path);
  }
  return true;
}

}  // namespace

std::uint32_t SftpHandle::close() {
  const std::uint32_t request = call_.send(SftpRequest(SftpType::kClose).string(bytes_));
  is_closed_ = true;
  return request;
}

SftpHandle::~SftpHandle() {
  if (is_closed_) return;
  try {
    call_.tell(SftpRequest(SftpType::kClose).string(bytes_));
  } catch (const std::exception&) {
    // It goes with the connection.
  }
}

bool is_directory(const SftpAttributes& attributes) {
  return attributes.permissions && S_ISDIR(*attributes.permissions);
}

std::optional<SftpAttributes> examine(SftpCall& call, const SftpPath& path) {
  const std::uint32_t through = call.send(about(SftpType::kStat, path.path));
  const std::uint32_t itself = call.send(about(SftpType::kLstat, path.path));
  const SftpReply reply = call.receive(through);
  const SftpReply link = call.receive(itself);
  if (reply.type() != SftpType::kStatus) return decode_attributes(reply);
  if (link.type() != SftpType::kStatus && is_link(decode_attributes(link))) {
    throw_other_than_file(path.shown, "a link that leads nowhere");
  }
  const SftpStatus status = SftpStatus::decode(reply);
  if (status.code == SftpCode::kNoSuchFile) return std::nullopt;
  throw sftp_error(status, "examine", path.shown);
}

Error cannot_open(SftpCall& call, const SftpStatus& status, std::string_view action,
                  const SftpPath& path) {
  if (status.code == SftpCode::kNoSuchFile) {
    try {
      (void)examine(call, path);
    } catch (const Error& error) {
      return error;
    }
  }
  return sftp_error(status, action, path.shown);
}

Error explain_failure(SftpCall& call, const Error& error, const SftpPath& path,
                      std::uint64_t bytes) {
  if (error.code() != ErrorCode::kIo || !call.server().has_statvfs) return error;
  const SftpReply reply =
      call.ask(SftpRequest(SftpType::kExtended).string("statvfs@openssh.com").string(path.path));
  if (reply.type() != SftpType::kExtendedReply) return error;
  SftpFields fields(reply.body());
  fields.long_number();  // the block that it likes best
  const std::uint64_t block_bytes = fields.long_number();
  fields.long_number();  // blocks in all
  fields.long_number();  // free blocks, with those for root
  const std::uint64_t free_blocks = fields.long_number();
  const std::uint64_t files = fields.long_number();
  fields.long_number();  // free files, with those for root
  const std::uint64_t free_files = fields.long_number();
  const bool is_full = free_blocks <= bytes / std::max<std::uint64_t>(block_bytes, 1) ||
                       (files > 0 && free_files == 0);
  if (!is_full) return error;
  return {ErrorCode::kNoSpace,
          fmt::format("{} (the file system there is full: make room, or prune the repository)",
                      error.what()),
          error.subject()};
}

void make_directories(SftpCall& call, const SftpPath& path, std::uint32_t mode) {
  const std::optional<SftpAttributes> found = examine(call, path);
  if (found && is_directory(*found)) return;
  if (make_directory(call, path, mode)) return;
  const SftpPath parent{parent_directory(path.path), parent_directory(path.shown)};
  if (parent.path != path.path) make_directories(call, parent, mode);
  if (make_directory(call, path, mode)) return;
  throw Error(
      ErrorCode::kNotFound,
      fmt::format("cannot create the directory {}: no such file or directory: check the path "
                  "in the repository's location",
                  path.shown),
      path.shown);
}

void make_each_directory(SftpCall& call, const std::vector<SftpPath>& paths, std::uint32_t mode) {
  std::vector<std::uint32_t> sent;
  sent.reserve(paths.size());
  for (const SftpPath& path : paths) {
    sent.push_back(call.send(about(SftpType::kMkdir, path.path).permissions(mode)));
  }
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const SftpStatus status = SftpStatus::decode(call.receive(sent[i]));
    if (status.ok()) {
      give_mode(call, paths[i], mode);
    } else {
      require_directory(call, status, paths[i]);
    }
  }
}

std::vector<std::vector<SftpName>> list_directories(SftpCall& call,
                                                    const std::vector<SftpPath>& paths) {
  std::vector<std::vector<SftpName>> all;
  for (std::span<const SftpPath> rest(paths); !rest.empty();) {
    const std::span<const SftpPath> batch = rest.first(std::min(rest.size(), kOpenAtOnce));
    rest = rest.subspan(batch.size());
    std::deque<OpenListing> listings;
    for (const SftpPath& path : batch) listings.emplace_back(call, path);
    for (OpenListing& listing : listings) listing.open();
    for (OpenListing& listing : listings) all.push_back(listing.read());
  }
  return all;
}

}  // namespace snapfs
