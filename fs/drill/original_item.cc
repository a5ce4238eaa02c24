// A file is the same when size, modification time, change time and inode number are: the rule by
// which a snapshot takes files over unread (FORMAT §13.4). It cannot be fooled by a program that
// sets the modification time back, since nobody but the kernel sets the change time.
#include "fs/drill/original_item.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs {
namespace {

/// Whether an attribute that was recorded has another value now. One that may not be read says
/// nothing.
bool has_other_attribute(const Node& node, const std::string& path) {
  return std::ranges::any_of(node.extended_attributes, [&](const ExtendedAttribute& attribute) {
    Bytes value(attribute.value.size() + 1);
    const ssize_t length =
        ::lgetxattr(path.c_str(), attribute.name.c_str(), value.data(), value.size());
    if (length < 0) return errno == ERANGE;
    value.resize(static_cast<std::size_t>(length));
    return value != attribute.value;
  });
}

}  // namespace

OriginalItem::OriginalItem(std::string path, const Node& node, const Timestamp& start)
    : path_(std::move(path)), node_(node), start_(start) {
  if (::lstat(path_.c_str(), &status_) != 0) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG) {
      state_ = State::kGone;
    } else {
      close(errno, "look at");
    }
    return;
  }
  if (!is_same(status_)) {
    state_ = State::kChanged;
    return;
  }
  if (node_.type != NodeType::kFile) return;
  // It may have been replaced in between, by a pipe for example.
  constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  fd_ = UniqueFd(::open(path_.c_str(), kFlags | O_NOATIME));
  if (!fd_ && errno == EPERM) fd_ = UniqueFd(::open(path_.c_str(), kFlags));
  if (fd_) {
    look_again();
  } else {
    close(errno, "open");
  }
}

bool OriginalItem::is_same(const struct stat& status) const {
  if (node_type_of(status.st_mode) != node_.type) return false;
  if (node_.type == NodeType::kFile && static_cast<std::uint64_t>(status.st_size) != node_.size) {
    return false;
  }
  const Timestamp changed = Timestamp::from(status.st_ctim);
  return Timestamp::from(status.st_mtim) == node_.mtime && changed == node_.ctime &&
         changed < start_ && (node_.inode == 0 || status.st_ino == node_.inode);
}

void OriginalItem::close(int error, const char* action) {
  state_ = State::kClosed;
  reason_ = fmt::format("cannot {} the source: {}", action, std::generic_category().message(error));
}

std::string OriginalItem::other_metadata() const {
  std::string other = snapfs::other_metadata(node_, status_, path_, true);
  if (!other.empty()) return other;
  return has_other_attribute(node_, path_) ? "an extended attribute" : "";
}

bool OriginalItem::matches_next(ByteView bytes) {
  if (!matches_ || state_ != State::kSame) return false;
  buffer_.resize(bytes.size());
  try {
    const std::size_t length = read_at(fd_.get(), offset_, buffer_, path_);
    matches_ = length == bytes.size() && std::ranges::equal(buffer_, bytes);
  } catch (const Error& error) {
    state_ = State::kClosed;
    reason_ = error.what();
    return false;
  }
  offset_ += bytes.size();
  return matches_;
}

void OriginalItem::look_again() {
  if (state_ != State::kSame) return;
  struct stat now {};
  const int result = fd_ ? ::fstat(fd_.get(), &now) : ::lstat(path_.c_str(), &now);
  if (result != 0 || !is_same(now)) state_ = State::kChanged;
}

std::string read_link_target(const std::string& path) {
  std::string target(PATH_MAX, '\0');
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
  if (length < 0) throw_errno(errno, "read the symbolic link", path);
  target.resize(static_cast<std::size_t>(length));
  return target;
}

std::string other_metadata(const Node& node, const struct stat& status, const std::string& path,
                           bool owners) {
  constexpr mode_t kPermissions = 07777;
  const bool is_link = node.type == NodeType::kSymlink;
  if (node_type_of(status.st_mode) != node.type) return "its type";
  if (is_link && read_link_target(path) != node.link_target) return "where it leads";
  if (!is_link && (status.st_mode & kPermissions) != node.permissions) return "its permissions";
  if (owners && (status.st_uid != node.uid || status.st_gid != node.gid)) return "its owner";
  const bool is_device = node.type == NodeType::kBlockDevice || node.type == NodeType::kCharDevice;
  if (is_device && status.st_rdev != node.device) return "which device it is";
  return "";
}

}  // namespace snapfs
