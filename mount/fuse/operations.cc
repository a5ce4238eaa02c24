// Each operation: compute inside the errno guard, then reply once.
#include "mount/fuse/operations.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "mount/fuse/errno_guard.h"
#include "mount/fuse/libfuse.h"
#include "mount/fuse/pending_request.h"
#include "mount/fuse/replies.h"
#include "mount/model/name_limit.h"

namespace snapfs {

namespace {

constexpr std::uint64_t kStatfsBlock = 4096;

FuseContext& context_of(fuse_req_t req) {
  return *static_cast<FuseContext*>(fuse_req_userdata(req));
}

/// The operation, led by what it was about, for the log.
std::string labelled(const FuseContext& context, fuse_ino_t ino, std::string_view operation) {
  const std::string place = context.fs.place_text(ino);
  return place.empty() ? std::string(operation) : place + ": " + std::string(operation);
}

/// Nothing when the request has its answer: an error, or one that somebody else gave meanwhile.
/// `compute` may wait, and must not touch the request once it did. `ino` is what it is about.
template <class Compute>
auto guarded(fuse_req_t req, fuse_ino_t ino, std::string_view operation, Compute&& compute) {
  PendingRequest& pending = *PendingRequest::current();
  const FuseContext& context = context_of(req);
  const auto label = [&] { return labelled(context, ino, operation); };
  const auto fail = [&](int error) {
    if (pending.take()) fuse_reply_err(req, error);
  };
  auto result = guard(label, fail, std::forward<Compute>(compute));
  if (result && !pending.take()) result.reset();
  return result;
}

void init(void* userdata, fuse_conn_info* connection) {
  auto& context = *static_cast<FuseContext*>(userdata);
  const auto want = [&](unsigned capability, bool wanted) {
    connection->want = wanted ? connection->want | (connection->capable & capability)
                              : connection->want & ~capability;
  };
  want(FUSE_CAP_EXPORT_SUPPORT, true);
  want(FUSE_CAP_CACHE_SYMLINKS, true);
  want(FUSE_CAP_AUTO_INVAL_DATA, true);    // listings of directories whose time is another one
  want(FUSE_CAP_READDIRPLUS_AUTO, false);  // always: a listing saves a LOOKUP an entry
  want(FUSE_CAP_POSIX_ACL, context.posix_acl);
  // Once OPEN is not sent, opening a file for writing would seem to work.
  context.no_open = !context.writable && (connection->capable & FUSE_CAP_NO_OPEN_SUPPORT) != 0;
  context.no_opendir = (connection->capable & FUSE_CAP_NO_OPENDIR_SUPPORT) != 0 &&
                       (connection->want & FUSE_CAP_AUTO_INVAL_DATA) != 0;
  connection->max_background = 64;
  connection->time_gran = 1;
  if (!context.on_ready) return;
  try {
    context.on_ready();
  } catch (...) {
    report_current_exception("ready");
  }
}

/// What was found may be forgotten before the kernel is told of it, when a listing lets go of it at
/// that moment: it is looked up again then. Whoever is told ESTALE twice hands it on to programs.
void reply_entry(fuse_req_t req, fuse_ino_t parent, const char* name, Entry entry) {
  FuseContext& context = context_of(req);
  constexpr int kAttempts = 8;
  const auto fail = [&](int error) { fuse_reply_err(req, error); };
  for (int attempt = 1;; ++attempt) {
    const auto told =
        guard("lookup", fail, [&] { return context.fs.remember(entry, parent, name); });
    if (!told) return;
    if (*told) break;
    const auto again = guard("lookup", fail, [&] { return context.fs.lookup(parent, name); });
    if (!again) return;
    if (!*again || attempt == kAttempts) return fail(ESTALE);
    entry = **again;
  }
  const fuse_entry_param param = to_entry_param(entry, context);
  if (fuse_reply_entry(req, &param) == -ENOENT) context.fs.forget(entry.ino, 1);
}

void lookup(fuse_req_t req, fuse_ino_t parent, const char* name) {
  if (std::strlen(name) > kMaxShownNameBytes) {
    fuse_reply_err(req, ENAMETOOLONG);
    return;
  }
  FuseContext& context = context_of(req);
  bool is_stable = false;
  const auto found = guarded(req, parent, "lookup", [&] {
    std::optional<Entry> entry = context.fs.lookup(parent, name);
    is_stable = !entry && context.fs.is_stable_directory(parent);
    return entry;
  });
  if (!found) return;
  if (*found) {
    reply_entry(req, parent, name, **found);
  } else if (!is_stable) {
    fuse_reply_err(req, ENOENT);
  } else {
    // What is not in a snapshot will never be: the kernel may remember that too.
    fuse_entry_param absent{};
    absent.entry_timeout = kForever;
    fuse_reply_entry(req, &absent);
  }
}

void forget(fuse_req_t req, fuse_ino_t ino, std::uint64_t lookups) {
  context_of(req).fs.forget(ino, lookups);
  fuse_reply_none(req);
}

void forget_multi(fuse_req_t req, std::size_t count, fuse_forget_data* forgets) {
  for (const fuse_forget_data& each : std::span(forgets, count)) {
    context_of(req).fs.forget(each.ino, each.nlookup);
  }
  fuse_reply_none(req);
}

void getattr(fuse_req_t req, fuse_ino_t ino, fuse_file_info*) {
  const auto entry = guarded(req, ino, "getattr", [&] { return context_of(req).fs.entry(ino); });
  if (!entry) return;
  const struct stat status = to_stat(*entry);
  fuse_reply_attr(req, &status, timeout_of(*entry, context_of(req)));
}

void readlink(fuse_req_t req, fuse_ino_t ino) {
  const auto target =
      guarded(req, ino, "readlink", [&] { return context_of(req).fs.read_link(ino); });
  if (target) fuse_reply_readlink(req, target->c_str());
}

/// Whether it is the file that may be written to, on a mount that has one.
bool is_writable(fuse_req_t req, fuse_ino_t ino) {
  const FuseContext& context = context_of(req);
  return context.writable && context.fs.is_writable(ino);
}

void open(fuse_req_t req, fuse_ino_t ino, fuse_file_info* info) {
  const bool writes = (info->flags & O_ACCMODE) != O_RDONLY;
  const auto writable = guarded(req, ino, "open", [&] { return is_writable(req, ino); });
  if (!writable) return;
  if (writes && !*writable) {
    fuse_reply_err(req, EROFS);
  } else if (context_of(req).no_open) {
    // The kernel opens and closes files on its own from now on, and keeps their pages.
    fuse_reply_err(req, ENOSYS);
  } else {
    info->keep_cache = 1;
    fuse_reply_open(req, info);
  }
}

void read(fuse_req_t req, fuse_ino_t ino, std::size_t size, off_t offset, fuse_file_info*) {
  const auto reader = static_cast<ReaderId>(fuse_req_ctx(req)->pid);
  const auto reply = guarded(req, ino, "read", [&] {
    SnapshotFs& fs = context_of(req).fs;
    return SliceReply(fs.read(ino, static_cast<std::uint64_t>(offset), size, reader));
  });
  if (reply) reply->send(req);
}

void lseek(fuse_req_t req, fuse_ino_t ino, off_t offset, int whence, fuse_file_info*) {
  SnapshotFs& fs = context_of(req).fs;
  const auto from = static_cast<std::uint64_t>(offset);
  const auto found = guarded(req, ino, "lseek", [&] {
    return whence == SEEK_DATA ? fs.next_data(ino, from) : fs.next_hole(ino, from);
  });
  if (!found) return;
  if (*found) {
    fuse_reply_lseek(req, static_cast<off_t>(**found));
  } else {
    fuse_reply_err(req, ENXIO);
  }
}

/// A kernel that knows how goes on without OPENDIR and RELEASEDIR, and keeps every listing: for
/// good inside snapshots, elsewhere until the directory's time of change is another one.
void opendir(fuse_req_t req, fuse_ino_t ino, fuse_file_info* info) {
  FuseContext& context = context_of(req);
  if (context.no_opendir) {
    fuse_reply_err(req, ENOSYS);
    return;
  }
  const auto stable =
      guarded(req, ino, "opendir", [&] { return context.fs.is_stable_directory(ino); });
  if (!stable) return;
  info->cache_readdir = *stable ? 1 : 0;
  info->keep_cache = info->cache_readdir;
  fuse_reply_open(req, info);
}

/// The offset of an entry in a directory that changes has the listing's number above this bit.
constexpr unsigned kListingShift = 32;

/// Where a listing begins, or goes on.
ListingPlace place_at(FuseContext& context, fuse_ino_t ino, std::uint64_t offset) {
  const std::uint64_t number = offset >> kListingShift;
  const std::uint64_t position = offset - (number << kListingShift);
  if (number != 0) {
    if (auto kept = context.listings.find(ino, number)) {
      if (position >= kept->size() + 2) context.listings.finish(ino, number);
      return {std::move(kept), position, number << kListingShift};
    }
  }
  auto opened = context.fs.open_directory(ino, /*guess=*/position == 0);
  if (opened->stable()) return {std::move(opened), position, 0};
  const std::uint64_t listing = context.listings.keep(ino, opened) << kListingShift;
  return {std::move(opened), position, listing};
}

void readdir(fuse_req_t req, fuse_ino_t ino, std::size_t size, off_t offset, fuse_file_info*) {
  FuseContext& context = context_of(req);
  const auto buffer = guarded(req, ino, "readdir", [&] {
    return directory_entries(place_at(context, ino, static_cast<std::uint64_t>(offset)), size);
  });
  if (buffer) fuse_reply_buf(req, buffer->data(), buffer->used());
}

void readdirplus(fuse_req_t req, fuse_ino_t ino, std::size_t size, off_t offset, fuse_file_info*) {
  FuseContext& context = context_of(req);
  const auto reader = static_cast<ReaderId>(fuse_req_ctx(req)->pid);
  ToldEntries told(context.fs, ino);
  const auto buffer = guarded(req, ino, "readdirplus", [&] {
    const ListingPlace place = place_at(context, ino, static_cast<std::uint64_t>(offset));
    // Whoever asks has the answer before, and with it all inodes.
    if (place.position >= place.directory->size() + 2) context.fs.directory_listed(ino, reader);
    return directory_entries_plus(place, size, context, told);
  });
  if (buffer && fuse_reply_buf(req, buffer->data(), buffer->used()) != -ENOENT) told.delivered();
}

/// Whether this kernel labels files itself.
bool kernel_has_selinux() {
  static const bool present = ::access("/sys/fs/selinux/enforce", F_OK) == 0;
  return present;
}

/// The error for an attribute that a file does not have. `ls -l` asks every file for its SELinux
/// label, but no more once it hears that there are no labels here, which saves half of its
/// requests. Files that do have one still show it.
int no_attribute(const char* name) {
  const bool label = std::strcmp(name, "security.selinux") == 0;
  return label && !kernel_has_selinux() ? ENOTSUP : ENODATA;
}

/// xattr(7)'s contract: size 0 asks how much room is needed.
void reply_attribute(fuse_req_t req, const void* value, std::size_t length, std::size_t room) {
  if (room == 0) {
    fuse_reply_xattr(req, length);
  } else if (length > room) {
    fuse_reply_err(req, ERANGE);
  } else {
    fuse_reply_buf(req, static_cast<const char*>(value), length);
  }
}

/// Whether attributes are asked for in vain: the kernel hears that there is no such call, and makes
/// it no more for this mount.
bool has_no_xattrs(fuse_req_t req) {
  if (context_of(req).xattrs) return false;
  fuse_reply_err(req, ENOSYS);
  return true;
}

void getxattr(fuse_req_t req, fuse_ino_t ino, const char* name, std::size_t size) {
  if (has_no_xattrs(req)) return;
  const auto value = guarded(req, ino, "getxattr",
                             [&] { return context_of(req).fs.extended_attribute(ino, name); });
  if (!value) return;
  if (*value) {
    reply_attribute(req, (*value)->data(), (*value)->size(), size);
  } else {
    fuse_reply_err(req, no_attribute(name));
  }
}

void listxattr(fuse_req_t req, fuse_ino_t ino, std::size_t size) {
  if (has_no_xattrs(req)) return;
  const auto names = guarded(req, ino, "listxattr",
                             [&] { return context_of(req).fs.extended_attribute_names(ino); });
  if (names) reply_attribute(req, names->data(), names->size(), size);
}

/// No blocks, as file systems without storage of their own have it: df(1) leaves those out, where
/// one without free blocks is 100 % full, an alarm in every monitoring.
void statfs(fuse_req_t req, fuse_ino_t) {
  struct statvfs status {};
  status.f_bsize = kBlockSize;
  status.f_frsize = kStatfsBlock;
  status.f_namemax = kMaxShownNameBytes;
  fuse_reply_statfs(req, &status);
}

/// Truncating is the beginning of `echo path > .snapfs/prefetch`.
void setattr(fuse_req_t req, fuse_ino_t ino, struct stat*, int, fuse_file_info*) {
  const auto entry = guarded(req, ino, "setattr", [&]() -> std::optional<Entry> {
    if (!is_writable(req, ino)) return std::nullopt;
    return context_of(req).fs.entry(ino);
  });
  if (!entry) return;
  if (!*entry) {
    fuse_reply_err(req, EROFS);
    return;
  }
  const struct stat status = to_stat(**entry);
  fuse_reply_attr(req, &status, 0);
}

void write(fuse_req_t req, fuse_ino_t ino, const char* data, std::size_t size, off_t,
           fuse_file_info*) {
  const auto taken = guarded(req, ino, "write", [&] {
    if (!is_writable(req, ino)) return false;
    context_of(req).fs.prefetch({data, size});
    return true;
  });
  if (!taken) return;
  if (*taken) {
    fuse_reply_write(req, size);
  } else {
    fuse_reply_err(req, EROFS);
  }
}

/// Asked for access(2) only. On a mount with the kernel's own "ro" it has the answer.
void access(fuse_req_t req, fuse_ino_t ino, int mask) {
  if (!context_of(req).writable) {
    fuse_reply_err(req, ENOSYS);
    return;
  }
  const auto writable = guarded(req, ino, "access", [&] { return is_writable(req, ino); });
  if (writable) fuse_reply_err(req, (mask & W_OK) != 0 && !*writable ? EROFS : 0);
}

/// For every operation that changes something. The kernel refuses them itself on a read-only mount;
/// this answers on one with a file that can be written to, and when somebody remounted it.
constexpr auto kReadOnly = [](fuse_req_t req, auto...) {
  const RequestStats::Scope scope(context_of(req).stats, RequestKind::kChange, 0);
  fuse_reply_err(req, EROFS);
};

/// `operation`, counted and timed: as libfuse calls it, whatever the operation's arguments are. The
/// first after the request is the inode asked about, of forget_multi's a count.
template <RequestKind kind, auto operation, class Signature = decltype(operation)>
struct Counted;

template <RequestKind kind, auto operation, class First, class... Rest>
struct Counted<kind, operation, void (*)(fuse_req_t, First, Rest...)> {
  static void call(fuse_req_t req, First first, Rest... rest) {
    FuseContext& context = context_of(req);
    const RequestStats::Scope scope(context.stats, kind, first);
    const PendingRequest pending(context.watch, req);
    operation(req, first, rest...);
  }
};

template <RequestKind kind, auto operation>
constexpr auto counted = &Counted<kind, operation>::call;

fuse_lowlevel_ops make_operations() {
  fuse_lowlevel_ops operations{};
  operations.init = init;
  operations.lookup = counted<RequestKind::kLookup, lookup>;
  operations.forget = counted<RequestKind::kForget, forget>;
  operations.forget_multi = counted<RequestKind::kForget, forget_multi>;
  operations.getattr = counted<RequestKind::kGetattr, getattr>;
  operations.readlink = counted<RequestKind::kReadlink, readlink>;
  operations.open = counted<RequestKind::kOpen, open>;
  operations.read = counted<RequestKind::kRead, read>;
  operations.lseek = counted<RequestKind::kLseek, lseek>;
  operations.opendir = counted<RequestKind::kOpendir, opendir>;
  operations.readdir = counted<RequestKind::kReaddir, readdir>;
  operations.readdirplus = counted<RequestKind::kReaddir, readdirplus>;
  operations.getxattr = counted<RequestKind::kXattr, getxattr>;
  operations.listxattr = counted<RequestKind::kXattr, listxattr>;
  operations.statfs = counted<RequestKind::kStatfs, statfs>;
  operations.setattr = counted<RequestKind::kChange, setattr>;
  operations.access = counted<RequestKind::kGetattr, access>;
  operations.mknod = kReadOnly;
  operations.mkdir = kReadOnly;
  operations.unlink = kReadOnly;
  operations.rmdir = kReadOnly;
  operations.symlink = kReadOnly;
  operations.rename = kReadOnly;
  operations.link = kReadOnly;
  operations.write = counted<RequestKind::kChange, write>;
  operations.create = kReadOnly;
  operations.setxattr = kReadOnly;
  operations.removexattr = kReadOnly;
  operations.fallocate = kReadOnly;
  return operations;
}

}  // namespace

FuseContext::FuseContext(SnapshotFs& snapshot_fs, RequestStats& request_stats,
                         std::chrono::milliseconds request_timeout)
    : fs(snapshot_fs),
      stats(request_stats),
      watch({.timeout = request_timeout, .answer = answer_with_error, .interrupted = [this] {
               fs.pusher().give_up();
             }}) {}

const fuse_lowlevel_ops& fuse_operations() noexcept {
  static const fuse_lowlevel_ops operations = make_operations();
  return operations;
}

}  // namespace snapfs
