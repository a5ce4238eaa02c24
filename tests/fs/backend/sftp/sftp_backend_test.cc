// What only the backend over SFTP can get wrong: round trips, servers that can less, full disks,
// breaks in the middle, and what is in a file's place.
#include "fs/backend/sftp/sftp_backend.h"

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/stack/retry.h"
#include "fs/base/deadline.h"
#include "fs/base/error.h"
#include "fs/base/rate_limit.h"
#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/manual_timer.h"
#include "tests/support/sftp_server.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

namespace fs = std::filesystem;
using test::fails_with;
using test::faulty_sftp_server;
using test::numbered_id;
using test::to_bytes;

class SftpBackendTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::sftp_server().empty()) GTEST_SKIP() << "no sftp-server is installed";
  }

  std::string root() const { return directory_ / "repository"; }
  std::string full(const FileKey& key) const { return root() + "/" + path_of(key); }

  SftpLocation where() const { return {.host = "host", .path = root()}; }

  /// One connection to a server with faults.
  SftpBackend backend(const std::vector<std::string>& faults = {}) const {
    return SftpBackend(where(), {.command = faulty_sftp_server(faults)}, 1);
  }

  void store(const FileKey& key, std::string_view content) const {
    directory_.write("repository/" + path_of(key), content);
  }

  std::vector<std::string> files() const {
    std::vector<std::string> found;
    if (!fs::exists(root())) return found;
    for (const auto& entry : fs::recursive_directory_iterator(root())) {
      if (!entry.is_directory()) found.push_back(fs::relative(entry.path(), root()));
    }
    return found;
  }

  static unsigned mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
  }

  test::TemporaryDirectory directory_;
  const FileKey key_{FileKind::kPack, numbered_id(0xab12)};
};

TEST_F(SftpBackendTest, LoadsInTwoRoundTrips) {
  store(key_, "0123456789");
  SftpBackend storage = backend({"--plain", "--flights", "2,2,1,1,1,2,1"});
  // Were one answer waited for before the next question, this would wait for ever.
  within(std::chrono::seconds(20), [&](const StopToken& stop) {
    EXPECT_EQ(storage.load(key_, ByteRange{2, 3}, {}, stop), to_bytes("234"));
  });
}

TEST_F(SftpBackendTest, ManyPartsAreUnderWayAtOnce) {
  const std::string content(1 << 20, 'x');
  store(key_, content);
  SftpBackend storage = backend({"--plain", "--flights", "2,33"});
  within(std::chrono::seconds(20), [&](const StopToken& stop) {
    // 32 parts of 32 KiB and the file's size, the last one first.
    EXPECT_EQ(as_text(storage.load(key_, ByteRange{0, content.size()}, {}, stop)), content);
  });
}

TEST_F(SftpBackendTest, SavesWithoutWaitingForEachPart) {
  const Bytes content(1 << 20, 7);
  fs::create_directories(fs::path(full(key_)).parent_path());
  // The config's mode, the open; 32 writes, a mode and a close; the rename.
  SftpBackend storage = backend({"--plain", "--flights", "1,1,34,1"});
  within(std::chrono::seconds(20),
         [&](const StopToken& stop) { storage.save(key_, content, stop); });
  EXPECT_EQ(storage.load(key_, std::nullopt, {}, {}), content);
}

TEST_F(SftpBackendTest, ShortReadsAreContinued) {
  const std::string content = "a content that comes in many small parts";
  store(key_, content);
  SftpBackend storage = backend({"--shortest", "7"});
  EXPECT_EQ(as_text(storage.load(key_, std::nullopt, {}, {})), content);
  EXPECT_EQ(as_text(storage.load(key_, ByteRange{2, 30}, {}, {})), content.substr(2, 30));
}

TEST_F(SftpBackendTest, WhatIsNoFileIsRefusedBeforeItHangsTheServer) {
  fs::create_directories(fs::path(full(key_)).parent_path());
  ASSERT_EQ(::mkfifo(full(key_).c_str(), 0600), 0);
  const FileKey other{FileKind::kPack, numbered_id(0xab13)};
  store(other, "content");
  SftpBackend storage = backend();
  within(std::chrono::seconds(20), [&](const StopToken& stop) {
    EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "a FIFO",
                           [&] { storage.load(key_, std::nullopt, {}, stop); }));
    EXPECT_EQ(storage.load(other, std::nullopt, {}, stop), to_bytes("content"));
  });
}

TEST_F(SftpBackendTest, TheConfigIsNeverAwayWhileItIsReplaced) {
  store(FileKey::config(), "old");
  SftpBackend storage = backend({"--plain"});
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "in one step",
                         [&] { storage.save(FileKey::config(), to_bytes("new"), {}); }));
  EXPECT_EQ(storage.load(FileKey::config(), std::nullopt, {}, {}), to_bytes("old"));
  SftpBackend better = backend();
  better.save(FileKey::config(), to_bytes("new"), {});
  EXPECT_EQ(better.load(FileKey::config(), std::nullopt, {}, {}), to_bytes("new"));
}

TEST_F(SftpBackendTest, ReplacesAFileWithoutAnyExtension) {
  const FileKey key{FileKind::kIndex, numbered_id(1)};
  SftpBackend storage = backend({"--plain"});
  storage.save(key, as_bytes("first"), {});
  storage.save(key, as_bytes("second"), {});
  EXPECT_EQ(as_text(storage.load(key, std::nullopt, {}, {})), "second");
  EXPECT_EQ(files(), std::vector<std::string>{path_of(key)});
}

TEST_F(SftpBackendTest, CreatesDirectoriesForTheOwnerOnly) {
  backend().create({});
  std::size_t directories = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root())) {
    EXPECT_TRUE(entry.is_directory());
    EXPECT_EQ(mode_of(entry.path()), 0700U);
    ++directories;
  }
  EXPECT_EQ(directories, 5U + 256U);
  EXPECT_EQ(mode_of(root()), 0700U);
  SftpBackend storage = backend();
  storage.save(key_, as_bytes("x"), {});
  EXPECT_EQ(mode_of(full(key_)), 0600U);
}

TEST_F(SftpBackendTest, FollowsAConfigThatTheGroupMayRead) {
  store(FileKey::config(), "config");
  fs::permissions(full(FileKey::config()), fs::perms(0440));
  const mode_t before = ::umask(022);
  {
    SftpBackend storage = backend();
    storage.save(key_, as_bytes("x"), {});
    storage.load(key_, std::nullopt, {}, {});  // behind what was not waited for
  }
  ::umask(before);
  EXPECT_EQ(mode_of(full(key_)), 0660U);
  EXPECT_EQ(mode_of(fs::path(full(key_)).parent_path()), 0770U);
}

TEST_F(SftpBackendTest, SaysThatTheDiskIsFull) {
  fs::create_directories(fs::path(full(key_)).parent_path());
  SftpBackend storage = backend({"--refuse", "6=4", "--full"});
  EXPECT_TRUE(
      fails_with(ErrorCode::kNoSpace, "is full", [&] { storage.save(key_, as_bytes("x"), {}); }));
  storage.size(key_, {});  // behind what was not waited for
  EXPECT_TRUE(files().empty());
}

TEST_F(SftpBackendTest, AFailureWithRoomLeftIsNoFullDisk) {
  fs::create_directories(fs::path(full(key_)).parent_path());
  SftpBackend storage = backend({"--refuse", "6=4"});
  EXPECT_TRUE(fails_with(
      ErrorCode::kIo, "cannot write sftp:host:", [&] { storage.save(key_, as_bytes("x"), {}); }));
}

TEST_F(SftpBackendTest, SaysWhatTheServerRefuses) {
  store(key_, "x");
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "cannot open", [&] {
    backend({"--refuse", "3=3"}).load(key_, std::nullopt, {}, {});
  }));
  EXPECT_TRUE(fails_with(ErrorCode::kIo, "cannot read", [&] {
    backend({"--refuse", "5=4"}).load(key_, std::nullopt, {}, {});
  }));
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "cannot list", [&] {
    backend({"--refuse", "11=3"}).list(FileKind::kPack, {});
  }));
  EXPECT_TRUE(fails_with(ErrorCode::kIo, "cannot list", [&] {
    backend({"--refuse", "12=4"}).list(FileKind::kPack, {});
  }));
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "cannot remove", [&] {
    backend({"--refuse", "13=3"}).remove(key_, {});
  }));
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "cannot examine", [&] {
    backend({"--refuse", "17=7"}).size(key_, {});
  }));
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "cannot create the directory", [&] {
    backend({"--refuse", "14=3"}).create({});
  }));
}

/// Whatever request the server dies at, or answers nonsense to, the call made again does it all.
TEST_F(SftpBackendTest, EveryBreakIsHealedByTheNextTry) {
  const Bytes content(100'000, 3);
  for (const char* fault : {"--die-at", "--nonsense-at"}) {
    for (int at = 1; at <= 14; ++at) {
      // The first start of a server has the fault, later ones have none.
      const std::string mark = directory_.write("mark", "");
      const std::string script = "if rm " + mark +
                                 " 2>/dev/null; then exec " SNAPFS_SERVE_SFTP " --plain " + fault +
                                 " " + std::to_string(at) + " " + test::sftp_server() +
                                 "; else exec " + test::sftp_server() + "; fi";
      SftpBackend storage(where(), {.command = {"sh", "-c", script}}, 1);
      test::InstantTimer timer;
      RetryBackend retry(storage, {}, {}, timer, 1);
      retry.save(key_, content, {});
      EXPECT_EQ(retry.load(key_, std::nullopt, {}, {}), content) << fault << " " << at;
      EXPECT_EQ(retry.list(FileKind::kPack, {}).size(), 1U) << fault << " " << at;
      EXPECT_EQ(retry.size(key_, {}), content.size());
      retry.remove(key_, {});
      EXPECT_FALSE(timer.waits().empty()) << fault << " " << at << " did not come to pass";
      EXPECT_LE(timer.waits().size(), 1U) << fault << " " << at;
      fs::remove_all(root());
    }
  }
}

TEST_F(SftpBackendTest, AStopEndsWhateverHangs) {
  store(key_, "x");
  for (int at = 1; at <= 4; ++at) {
    SftpBackend storage = backend({"--plain", "--hang-at", std::to_string(at)});
    StopSource stop;
    std::jthread caller([&] {
      EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] {
        for (;;) storage.load(key_, std::nullopt, {}, stop.get_token());
      }));
    });
    stop.request_stop();
  }
}

TEST_F(SftpBackendTest, ContentIsPacedAndLocksAreNot) {
  test::InstantTimer timer;
  SftpBackend storage(where(), {.command = {test::sftp_server()}}, 1, 1000, 2000, timer);
  const FileKey lock{FileKind::kLock, numbered_id(1)};
  const Bytes content(1'000'000, 1);
  storage.save(lock, content, {});
  storage.load(lock, ByteRange{0, content.size()}, {}, {});
  EXPECT_TRUE(timer.waits().empty());
  const auto passed = [&timer](auto&& work) {
    const Timer::TimePoint before = timer.now();
    work();
    return std::chrono::duration_cast<std::chrono::seconds>(timer.now() - before).count();
  };
  // All but the last part of some hundred kilobytes is waited for.
  EXPECT_GE(passed([&] { storage.save(key_, content, {}); }), 700);
  EXPECT_GE(passed([&] { storage.load(key_, std::nullopt, {}, {}); }), 350);
}

TEST_F(SftpBackendTest, NamesWhatIsInAFilesPlace) {
  const FileKey index{FileKind::kIndex, numbered_id(1)};
  SftpBackend storage = backend();
  fs::create_directories(full(index));
  const auto expect_unsupported = [&](std::string_view words) {
    EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, words,
                           [&] { storage.load(index, std::nullopt, {}, {}); }));
    EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, words, [&] { storage.size(index, {}); }));
    EXPECT_EQ(storage.list(FileKind::kIndex, {}).size(), 1U);
  };
  expect_unsupported("is a directory");
  fs::remove_all(full(index));
  fs::create_symlink("nowhere", full(index));
  expect_unsupported("leads nowhere");
  fs::create_directories(full(key_));
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "is a directory",
                         [&] { storage.list(FileKind::kPack, {}); }));
}

TEST_F(SftpBackendTest, FollowsLinksToFilesAndDirectories) {
  store(key_, "content");
  fs::rename(root() + "/data", directory_ / "elsewhere");
  fs::create_symlink(directory_ / "elsewhere", root() + "/data");
  fs::rename(full(key_), directory_ / "pack");
  fs::create_symlink(directory_ / "pack", full(key_));
  SftpBackend storage = backend();
  EXPECT_EQ(storage.load(key_, std::nullopt, {}, {}), to_bytes("content"));
  EXPECT_EQ(storage.size(key_, {}), 7U);
  const std::vector<FileInfo> listed = storage.list(FileKind::kPack, {});
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed.front().size, 7U);
}

TEST_F(SftpBackendTest, APartThatIsNotThereNowIsNoShortListing) {
  fs::create_directories(root() + "/data");
  fs::create_symlink("nowhere", root() + "/data/ab");
  SftpBackend storage = backend();
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "leads nowhere",
                         [&] { storage.list(FileKind::kPack, {}); }));
  fs::remove(root() + "/data/ab");
  directory_.write("repository/data/ab", "a file");
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "is no directory",
                         [&] { storage.list(FileKind::kPack, {}); }));
}

TEST_F(SftpBackendTest, PassesOverNamesThatAreNotOurs) {
  const std::string name = numbered_id(1).hex();
  for (const std::string& other : {name + "-tmp-1234", std::string("README"), std::string("AB")}) {
    directory_.write("repository/index/" + other, "x");
    directory_.write("repository/data/" + other, "x");
  }
  SftpBackend storage = backend();
  EXPECT_TRUE(storage.list(FileKind::kIndex, {}).empty());
  EXPECT_TRUE(storage.list(FileKind::kPack, {}).empty());
}

TEST_F(SftpBackendTest, ListsDirectoriesOfManyFiles) {
  for (std::uint64_t i = 0; i < 1000; ++i) store({FileKind::kIndex, numbered_id(i)}, "x");
  EXPECT_EQ(backend().list(FileKind::kIndex, {}).size(), 1000U);
}

TEST_F(SftpBackendTest, ReadsNothingLargerThanAFileOfTheKindCanBe) {
  const FileKey key{FileKind::kKey, numbered_id(1)};
  store(key, "");
  fs::resize_file(full(key), max_stored_bytes(FileKind::kKey) + 1);
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "more than any program writes",
                         [&] { backend().load(key, std::nullopt, {}, {}); }));
}

}  // namespace
}  // namespace snapfs
