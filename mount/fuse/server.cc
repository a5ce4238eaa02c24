// Puts model, operations and session together.
#include "mount/fuse/server.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <stop_token>
#include <string_view>
#include <utility>

#include "fs/base/core_count.h"
#include "fs/repo/repository.h"
#include "fs/time/clock.h"
#include "mount/fuse/errno_guard.h"
#include "mount/fuse/mountpoint.h"
#include "mount/fuse/operations.h"
#include "mount/fuse/session.h"
#include "mount/model/snapshot_fs.h"

namespace snapfs {

namespace {

constexpr std::size_t kFsnameDigits = 10;

/// Allocations from this size on are given back to the system when they are freed.
constexpr int kOwnMappingBytes = 256 << 10;

/// A comma separates options and a backslash escapes.
std::string escaped(std::string_view value) {
  std::string result;
  for (const char character : value) {
    if (character == ',' || character == '\\') result += '\\';
    result += character;
  }
  return result;
}

/// More of them would only share the link with each other.
constexpr unsigned kFarThreads = 32;

}  // namespace

unsigned request_threads(const MountOptions& options, const StoredFiles& files) {
  const unsigned wanted = std::max(options.threads, 1U);
  return files.is_near() ? wanted
                         : std::max(wanted, std::min(files.traits().requests, kFarThreads));
}

class MountServer::Impl {
 public:
  Impl(Repository& repository, std::string mountpoint, MountOptions options)
      : files_(repository.files()),
        mountpoint_(std::move(mountpoint)),
        options_(std::move(options)),
        fsname_(options_.fsname.empty()
                    ? "snapfs:" + repository.config().id.hex().substr(0, kFsnameDigits)
                    : options_.fsname),
        fs_(repository, model_options(), stop_.get_token()),
        context_(fs_, stats_, options_.request_timeout) {
    context_.posix_acl = checks_permissions();
    context_.xattrs = options_.xattrs;
    context_.generation = static_cast<std::uint64_t>(SystemClock().now().seconds);
    context_.on_ready = options_.on_ready;
    context_.brief_timeout =
        std::min(1.0, std::chrono::duration<double>(options_.view.refresh_interval).count());
    context_.writable = options_.view.prefetch_file;
  }

  void run(const StopToken& stop) {
    const std::stop_callback forward(stop, [this] { stop_.request_stop(); });
    throw_if_stopped(stop_.get_token());
    // Blobs come and go in all sizes and threads. Left to itself the allocator raises this bound
    // and keeps the holes: a third more memory than the caches hold.
    ::mallopt(M_MMAP_THRESHOLD, kOwnMappingBytes);
    // Each arena keeps holes of its own, and many threads come and go. Of more arenas than threads
    // can be running nobody has anything.
    ::mallopt(M_ARENA_MAX, static_cast<int>(std::max<std::size_t>(2, core_count())));
    check_fuse_available();
    if (options_.allow_other) check_may_allow_others();
    FuseSession session(context_, check_mountpoint(mountpoint_, {}), session_options());
    session.serve(request_threads(options_, files_), stop_);
  }

  void request_stop() noexcept { stop_.request_stop(); }

  std::string status() const {
    return "mountpoint: " + mountpoint_ + "\nsource: " + fsname_ + "\n" +
           status_text(fs_.status()) + stats_.text();
  }

 private:
  SnapshotFsOptions model_options() const {
    SnapshotFsOptions result;
    result.view = options_.view;
    result.view.warn = [](std::string_view message) { log_mount("warning", message); };
    result.reader = options_.reader;
    result.tree_cache_bytes = options_.tree_cache_bytes;
    result.requests_in_flight = [this] { return stats_.in_flight(); };
    return result;
  }

  bool checks_permissions() const noexcept {
    return options_.allow_other && options_.default_permissions;
  }

  std::vector<std::string> session_options() const {
    std::vector<std::string> result = {options_.view.prefetch_file ? "rw" : "ro", "nosuid", "nodev",
                                       "subtype=snapfs", "fsname=" + escaped(fsname_)};
    if (options_.no_exec) result.push_back("noexec");
    if (options_.allow_other) result.push_back("allow_other");
    if (checks_permissions()) result.push_back("default_permissions");
    return result;
  }

  const StoredFiles& files_;
  const std::string mountpoint_;
  const MountOptions options_;
  const std::string fsname_;
  StopSource stop_;
  RequestStats stats_;
  SnapshotFs fs_;
  FuseContext context_;
};

MountServer::MountServer(Repository& repository, std::string mountpoint, MountOptions options)
    : impl_(std::make_unique<Impl>(repository, std::move(mountpoint), std::move(options))) {}

MountServer::~MountServer() = default;

void MountServer::run(StopToken stop) { impl_->run(stop); }

std::string MountServer::status() const { return impl_->status(); }

void MountServer::stop() noexcept { impl_->request_stop(); }

}  // namespace snapfs
