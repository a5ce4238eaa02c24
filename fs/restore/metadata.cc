// chown clears setuid bits and capabilities, and xattrs change the ctime only: hence the order.
#include "fs/restore/metadata.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/restore/owner_ids.h"
#include "fs/tree/node_text.h"

namespace snapfs {

namespace {

bool is_unsupported(int error) noexcept { return error == ENOTSUP || error == EOPNOTSUPP; }

/// `read(buffer, room)` is one of the listxattr family. Nothing where there are none.
template <class Read>
std::vector<std::string> attribute_names(const Read& read) {
  std::vector<char> buffer(1024);
  for (;;) {
    const ssize_t length = read(buffer.data(), buffer.size());
    if (length >= 0) {
      buffer.resize(static_cast<std::size_t>(length));
      break;
    }
    if (is_unsupported(errno)) return {};
    if (errno != ERANGE) fail_with_errno(errno, "list the extended attributes");
    buffer.resize(buffer.size() * 4);
  }
  std::vector<std::string> names;
  for (std::string_view rest(buffer.data(), buffer.size()); !rest.empty();) {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    names.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return names;
}

}  // namespace

TargetMetadata take_metadata(Node& node, OwnerIds* owners) {
  TargetMetadata metadata;
  metadata.type = node.type;
  metadata.permissions = node.permissions;
  metadata.uid = node.uid;
  metadata.gid = node.gid;
  metadata.mtime = node.mtime;
  metadata.atime = node.atime;
  metadata.attributes = std::move(node.extended_attributes);
  if (owners != nullptr) {
    if (!node.user.empty()) metadata.uid = owners->user(node.user).value_or(node.uid);
    if (!node.group.empty()) metadata.gid = owners->group(node.group).value_or(node.gid);
  }
  return metadata;
}

/// Tries one step after the other and keeps the first failure.
class MetadataSetter::Steps {
 public:
  explicit Steps(MetadataSetter& setter) : setter_(setter) {}

  /// `call` as a system call returns: negative, with errno, is a failure.
  template <class Call>
  bool run(const char* action, const Call& call) {
    setter_.target_.before_change();
    while (call() < 0) {
      if (errno == EINTR) continue;
      const bool forbidden = errno == EPERM || errno == EACCES;
      if (!(forbidden && !setter_.is_root_)) keep(errno, action);
      return false;
    }
    return true;
  }

  /// `set(name, value)`, `remove(name)` and `list(buffer, room)` are the system's calls.
  template <class Set, class Remove, class List>
  void attributes(const TargetMetadata& metadata, bool may_have_others, const Set& set,
                  const Remove& remove, const List& list) {
    std::set<std::string_view> expected;
    for (const ExtendedAttribute& attribute : metadata.attributes) {
      if (!selected(attribute.name)) continue;
      expected.insert(attribute.name);
      set_attribute(attribute, set);
    }
    if (!may_have_others) return;
    for (const std::string& name : attribute_names(list)) {
      if (expected.contains(name) || !selected(name)) continue;
      const std::string action = "remove the extended attribute " + name;
      run(action.c_str(), [&] {
        const int result = remove(name.c_str());
        return result < 0 && (errno == ENODATA || is_unsupported(errno)) ? 0 : result;
      });
    }
  }

  void finish() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  bool selected(const std::string& name) const { return !setter_.select_ || setter_.select_(name); }

  template <class Set>
  void set_attribute(const ExtendedAttribute& attribute, const Set& set) {
    if (const auto reason = untellable_attribute(attribute.name)) {
      if (!error_) error_ = std::make_exception_ptr(Error(ErrorCode::kUnsupported, *reason));
      return;
    }
    const std::string action = "set the extended attribute " + attribute.name;
    run(action.c_str(), [&] {
      const int result = set(attribute.name.c_str(), attribute.value);
      return result < 0 && is_unsupported(errno) ? 0 : result;
    });
  }

  void keep(int error, const char* action) {
    if (error_) return;
    try {
      if (error == ENOSPC || error == EDQUOT) {
        // File systems say so of an attribute that is too large, and of a new owner's quota.
        throw Error(ErrorCode::kIo,
                    fmt::format("cannot {}: {}", action, std::generic_category().message(error)));
      }
      fail_with_errno(error, action);
    } catch (const Error&) {
      error_ = std::current_exception();
    }
  }

  MetadataSetter& setter_;
  std::exception_ptr error_;
};

MetadataSetter::MetadataSetter(TargetFs& target, AttributeFilter select_attribute)
    : target_(target), select_(std::move(select_attribute)), is_root_(::geteuid() == 0) {}

bool MetadataSetter::has_attributes(int fd) const {
  return !attribute_names([fd](char* buffer, std::size_t room) {
            return ::flistxattr(fd, buffer, room);
          }).empty();
}

void MetadataSetter::apply(int fd, const TargetMetadata& metadata, const struct stat* now,
                           bool may_have_attributes) {
  Steps steps(*this);
  // Asking is much cheaper than setting what is so already.
  const struct stat owned = now != nullptr ? *now : target_.stat(fd);
  const bool same_owner = owned.st_uid == metadata.uid && owned.st_gid == metadata.gid;
  if (!same_owner) {
    steps.run("change the owner", [&] { return ::fchown(fd, metadata.uid, metadata.gid); });
  }
  steps.attributes(
      metadata, may_have_attributes,
      [fd](const char* name, ByteView value) {
        return ::fsetxattr(fd, name, value.data(), value.size(), 0);
      },
      [fd](const char* name) { return ::fremovexattr(fd, name); },
      [fd](char* buffer, std::size_t room) { return ::flistxattr(fd, buffer, room); });
  const std::array<timespec, 2> times = {metadata.atime.to_timespec(),
                                         metadata.mtime.to_timespec()};
  const bool same_times = now != nullptr && Timestamp::from(now->st_mtim) == metadata.mtime &&
                          Timestamp::from(now->st_atim) == metadata.atime;
  if (!same_times) {
    steps.run("set the times", [&] { return ::futimens(fd, times.data()); });
  }
  // An ACL may have changed them, and a new owner clears some.
  const bool same_permissions = now != nullptr && same_owner && metadata.attributes.empty() &&
                                !may_have_attributes &&
                                (now->st_mode & 07777) == metadata.permissions;
  if (!same_permissions) {
    steps.run("set the permissions", [&] { return ::fchmod(fd, metadata.permissions); });
  }
  steps.finish();
}

void MetadataSetter::apply(int directory, const std::string& name, const TargetMetadata& metadata,
                           bool may_have_attributes) {
  Steps steps(*this);
  steps.run("change the owner", [&] {
    return ::fchownat(directory, name.c_str(), metadata.uid, metadata.gid, AT_SYMLINK_NOFOLLOW);
  });
  // There are no calls for attributes relative to a directory; the last component is not followed.
  const std::string path = fmt::format("/proc/self/fd/{}/{}", directory, name);
  if (!metadata.attributes.empty() || may_have_attributes) {
    steps.attributes(
        metadata, may_have_attributes,
        [&path](const char* attribute, ByteView value) {
          return ::lsetxattr(path.c_str(), attribute, value.data(), value.size(), 0);
        },
        [&path](const char* attribute) { return ::lremovexattr(path.c_str(), attribute); },
        [&path](char* buffer, std::size_t room) {
          return ::llistxattr(path.c_str(), buffer, room);
        });
  }
  const std::array<timespec, 2> times = {metadata.atime.to_timespec(),
                                         metadata.mtime.to_timespec()};
  steps.run("set the times", [&] {
    return ::utimensat(directory, name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW);
  });
  if (metadata.type != NodeType::kSymlink) {
    steps.run("set the permissions", [&] {
      return ::fchmodat(directory, name.c_str(), metadata.permissions, AT_SYMLINK_NOFOLLOW);
    });
  }
  steps.finish();
}

}  // namespace snapfs
