// A repository in memory, really mounted, served by this process; unmounted whatever happens.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <thread>

#include "fs/backend/memory.h"
#include "mount/fuse/server.h"
#include "tests/support/fault_backend.h"
#include "tests/support/repository_maker.h"

namespace snapfs::test {

/// A new empty directory, removed at the end.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

/// Why nothing can be mounted here; empty when it can.
std::string why_not_mountable();

/// Detaches whatever is mounted there; says whether something was.
bool force_unmount(const std::string& mountpoint);

class MountedRepository {
 public:
  MountedRepository() = default;
  ~MountedRepository();
  MountedRepository(const MountedRepository&) = delete;
  MountedRepository& operator=(const MountedRepository&) = delete;

  RepositoryMaker& maker() noexcept { return maker_; }
  Backend& backend() noexcept { return backend_; }

  /// In front of the backend; its hook is to be set before mounting.
  test::FaultBackend& faults() noexcept { return faults_; }

  /// Mounts what was made so far; returns when it can be used. Throws what the server throws.
  void mount(MountOptions options = {});

  /// The mountpoint, with `path` below it.
  std::string path(const std::string& path = {}) const;

  MountServer& server() { return *server_; }

  /// Waits until the server's run() returned, and throws what it threw.
  void join();

 private:
  MemoryBackend backend_;
  test::FaultBackend faults_{backend_};
  RepositoryMaker maker_{faults_};
  ScratchDirectory mountpoint_;
  std::unique_ptr<Repository> reader_;
  std::unique_ptr<MountServer> server_;
  std::future<void> result_;
};

}  // namespace snapfs::test
