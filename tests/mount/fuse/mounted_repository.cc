// Mounts for tests.
#include "tests/mount/fuse/mounted_repository.h"

#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <exception>
#include <utility>

#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "mount/fuse/mountpoint.h"

namespace snapfs::test {

ScratchDirectory::ScratchDirectory() : path_(::testing::TempDir() + "snapfs-test-XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) throw_errno(errno, "create", path_);
}

ScratchDirectory::~ScratchDirectory() {
  force_unmount(path_);
  // Never descends into something mounted: what is left then stays.
  ::rmdir(path_.c_str());
}

std::string why_not_mountable() {
  try {
    check_fuse_available();
  } catch (const Error& error) {
    return error.what();
  }
  if (::geteuid() == 0 && ::prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0) != 1) {
    return "this process may not mount: it lacks CAP_SYS_ADMIN";
  }
  return {};
}

bool force_unmount(const std::string& mountpoint) {
  if (::geteuid() == 0) return ::umount2(mountpoint.c_str(), MNT_DETACH) == 0;
  const std::string command = "fusermount3 -u -q -z '" + mountpoint + "'";
  return std::system(command.c_str()) == 0;
}

MountedRepository::~MountedRepository() {
  if (!result_.valid()) return;
  server_->stop();
  result_.wait();
}

void MountedRepository::mount(MountOptions options) {
  reader_ = maker_.open();
  options.view.refresh_interval = std::chrono::milliseconds(0);
  auto ready = std::make_shared<std::promise<void>>();
  std::future<void> usable = ready->get_future();
  options.on_ready = [ready] { ready->set_value(); };
  server_ = std::make_unique<MountServer>(*reader_, mountpoint_.path(), std::move(options));
  result_ = std::async(std::launch::async, [this, ready] {
    try {
      server_->run({});
    } catch (...) {
      try {
        ready->set_exception(std::current_exception());
      } catch (const std::future_error&) {
        // It was ready already: join() tells.
      }
      throw;
    }
  });
  usable.get();
}

std::string MountedRepository::path(const std::string& path) const {
  return path.empty() ? mountpoint_.path() : mountpoint_.path() + "/" + path;
}

void MountedRepository::join() { result_.get(); }

}  // namespace snapfs::test
