// A real mount whose storage stops answering: nobody waits longer than allowed, or when killed, and
// the rest of the mount goes on. Skipped where nothing can be mounted.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/base/core_count.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "tests/mount/fuse/mounted_repository.h"
#include "tests/support/no_more_threads.h"
#include "tests/support/waiting_backend.h"

namespace snapfs {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kTime = "2026-01-01T00:00:00Z";

/// Lets nobody through while it is closed.
class Gate {
 public:
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    closed_ = false;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    if (!closed_) return;
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !closed_; });
    --waiting_;
  }
  /// False when they have not come after 20 s, which is there to fail a test that would hang.
  [[nodiscard]] bool wait_for(int number) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return waiting_ >= number; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  int waiting_ = 0;
};

class HangingStorage : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = test::why_not_mountable(); !reason.empty()) {
      GTEST_SKIP() << reason;
    }
  }
  void TearDown() override { gate_.open(); }

  /// Files "0" to "9" and a directory "d" with a file "f"; nothing of "d" was read yet.
  void mount(MountOptions options) {
    test::RepositoryMaker& maker = mounted_.maker();
    std::vector<Node> nodes;
    for (char name = '0'; name <= '9'; ++name) {
      nodes.push_back(maker.make_file(std::string(1, name), {std::string(1000, name)}));
    }
    nodes.push_back(test::make_directory("d", maker.add_tree({maker.make_file("f", {"x"})})));
    maker.add_snapshot(maker.add_tree(std::move(nodes)), kTime);
    mounted_.faults().before_each_call([this](test::BackendCall call, const FileKey& key) {
      if (call == test::BackendCall::kLoad && key.kind == FileKind::kPack) gate_.pass();
    });
    options.reader.prefetch = false;
    mounted_.mount(std::move(options));
    struct stat status {};
    ASSERT_EQ(::lstat(path("0").c_str(), &status), 0);
  }

  std::string path(const std::string& below) const {
    return mounted_.path("snapshots/" + std::string(kTime) + "/" + below);
  }

  std::string read(const std::string& name) {
    const Bytes bytes = read_file(path(name), 1 << 20);
    return std::string(as_text(bytes));
  }

  /// A process that asks for what is in "d"; it ends with 0 when it is told.
  pid_t start_asking(void (*handler)(int) = nullptr) {
    const std::string wanted = path("d/f");
    const pid_t child = ::fork();
    if (child == 0) {
      if (handler != nullptr) ::signal(SIGUSR1, handler);
      struct stat status {};
      ::_exit(::lstat(wanted.c_str(), &status) == 0 ? 0 : errno);
    }
    return child;
  }

  Gate gate_;  ///< outlives the mount
  test::MountedRepository mounted_;
};

TEST_F(HangingStorage, ReadsAndLookupsTimeOutAndWorkAgainAfterwards) {
  MountOptions options;
  options.request_timeout = std::chrono::milliseconds(150);
  ASSERT_NO_FATAL_FAILURE(mount(options));
  gate_.close();
  struct stat status {};
  EXPECT_EQ(::lstat(path("d/f").c_str(), &status), -1);
  EXPECT_EQ(errno, ETIMEDOUT);
  char byte = 0;
  const UniqueFd file(::open(path("1").c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(::pread(file.get(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, ETIMEDOUT);
  EXPECT_EQ(::lstat(path("2").c_str(), &status), 0) << "needs no storage";
  gate_.open();
  EXPECT_EQ(::lstat(path("d/f").c_str(), &status), 0);
  EXPECT_EQ(::pread(file.get(), &byte, 1, 0), 1);
  EXPECT_EQ(byte, '1');
}

TEST_F(HangingStorage, WhatNeedsNoStorageIsServedWhileAllThreadsWait) {
  MountOptions options;
  options.threads = 2;
  options.request_timeout = std::chrono::milliseconds(0);
  ASSERT_NO_FATAL_FAILURE(mount(options));
  gate_.close();
  std::vector<std::jthread> readers;
  for (const char* name : {"1", "2", "3", "4", "5"}) {
    readers.emplace_back([this, name] { EXPECT_EQ(read(name), std::string(1000, name[0])); });
  }
  EXPECT_TRUE(gate_.wait_for(2));
  struct stat status {};
  EXPECT_EQ(::lstat(mounted_.path("hosts/alpha").c_str(), &status), 0);
  EXPECT_EQ(::lstat(path("9").c_str(), &status), 0);
  EXPECT_THAT(mounted_.server().status(), HasSubstr("  read       inode "));
  gate_.open();
}

TEST(RequestThreads, AreAsManyAsFarStorageHasRequestsAtOnce) {
  MemoryBackend memory;
  const auto threads = [&](unsigned wanted, unsigned requests) {
    test::WaitingBackend storage(memory, StorageTraits{.requests = requests});
    MountOptions options;
    options.threads = wanted;
    return request_threads(options, StoredFiles(storage));
  };
  const auto cores = static_cast<unsigned>(core_count());
  EXPECT_EQ(threads(4, cores), 4U);
  EXPECT_EQ(threads(0, 1), 1U);
  EXPECT_EQ(threads(0, cores + 8), cores + 8);
  EXPECT_EQ(threads(200, cores + 8), 200U);
  EXPECT_EQ(threads(4, 100'000), 32U);
}

TEST_F(HangingStorage, AProgramThatIsKilledDoesNotWait) {
  MountOptions options;
  options.threads = 1;
  options.request_timeout = std::chrono::milliseconds(0);
  ASSERT_NO_FATAL_FAILURE(mount(options));
  gate_.close();
  const pid_t child = start_asking();
  ASSERT_TRUE(gate_.wait_for(1));
  ASSERT_EQ(::kill(child, SIGTERM), 0);
  int status = 0;
  pid_t ended = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (ended == 0 && std::chrono::steady_clock::now() < end) {
    ended = ::waitpid(child, &status, WNOHANG);
    std::this_thread::yield();
  }
  EXPECT_EQ(ended, child) << "it waits for the storage";
  gate_.open();
  if (ended == 0) ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST_F(HangingStorage, ASignalThatIsHandledCutsNothingOff) {
  ASSERT_NO_FATAL_FAILURE(mount({}));
  gate_.close();
  const pid_t child = start_asking([](int) {});
  ASSERT_TRUE(gate_.wait_for(1));
  ASSERT_EQ(::kill(child, SIGUSR1), 0);
  // The kernel tells of the signal before it asks for these.
  struct stat info {};
  for (char name = '1'; name <= '9'; ++name) ::lstat(path(std::string(1, name)).c_str(), &info);
  gate_.open();
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(HangingStorage, WithoutThreadsTheMountSaysSo) {
  mounted_.maker().add_snapshot(mounted_.maker().add_tree({}), kTime);
  const auto repository = mounted_.maker().open();
  MountServer server(*repository, mounted_.path(), {});
  const test::NoMoreThreads none;
  try {
    server.run({});
    FAIL() << "who answered?";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot start a thread for the mount on "));
  }
  EXPECT_FALSE(test::force_unmount(mounted_.path())) << "it is unmounted already";
}

}  // namespace
}  // namespace snapfs
