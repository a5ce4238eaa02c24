// What only the local backend promises: modes, names that are passed over, nothing left behind, and
// the order of system calls that survives a power cut.
#include "fs/backend/local.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fs/backend/system_calls.h"
#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

namespace fs = std::filesystem;
using testing::fails_with;
using testing::numbered_id;
using testing::SystemCalls;

class LocalBackendTest : public ::testing::Test {
 protected:
  std::string root() const { return directory_ / "repository"; }
  std::string full(const FileKey& key) const { return root() + "/" + path_of(key); }

  static unsigned mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
  }

  std::vector<std::string> files_below_root() const {
    std::vector<std::string> files;
    if (!fs::exists(root())) return files;
    for (const auto& entry : fs::recursive_directory_iterator(root())) {
      if (!entry.is_directory()) files.push_back(fs::relative(entry.path(), root()));
    }
    std::ranges::sort(files);
    return files;
  }

  std::vector<Id> list(FileKind kind) const {
    std::vector<Id> ids;
    LocalBackend(root()).list(kind, [&](const FileInfo& info) { ids.push_back(info.id); }, {});
    std::ranges::sort(ids);
    return ids;
  }

  testing::TemporaryDirectory directory_;
  const FileKey key_{FileKind::kPack, numbered_id(0xab12)};
};

TEST_F(LocalBackendTest, CreatesAllDirectories) {
  LocalBackend backend(root());
  backend.create({});
  std::size_t directories = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root())) {
    EXPECT_TRUE(entry.is_directory());
    EXPECT_EQ(mode_of(entry.path()), 0700U);
    ++directories;
  }
  EXPECT_EQ(directories, 5U + 256U);
  EXPECT_TRUE(fs::is_directory(root() + "/data/00"));
  EXPECT_TRUE(fs::is_directory(root() + "/data/ff"));
  EXPECT_EQ(mode_of(root()), 0700U);
}

TEST_F(LocalBackendTest, WritesFilesForTheOwnerOnly) {
  LocalBackend backend(root());
  backend.save(key_, as_bytes("x"), {});
  EXPECT_EQ(mode_of(full(key_)), 0400U);
  EXPECT_EQ(mode_of(fs::path(full(key_)).parent_path()), 0700U);
}

TEST_F(LocalBackendTest, FollowsAConfigThatTheGroupMayRead) {
  const ::mode_t mask = ::umask(0);
  LocalBackend first(root());
  first.save(FileKey::config(), as_bytes("config"), {});
  ASSERT_EQ(::chmod(full(FileKey::config()).c_str(), 0440), 0);
  LocalBackend backend(root());
  backend.save(key_, as_bytes("x"), {});
  ::umask(mask);
  EXPECT_EQ(mode_of(full(key_)), 0440U);
  EXPECT_EQ(mode_of(fs::path(full(key_)).parent_path()), 0770U);
}

TEST_F(LocalBackendTest, PassesOverNamesThatAreNotOurs) {
  LocalBackend backend(root());
  backend.create({});
  for (const FileKind kind : kListedKinds) {
    const FileKey key{kind, numbered_id(0x0b00 + unsigned(kind))};
    backend.save(key, as_bytes("x"), {});
    const std::string where = fs::path(full(key)).parent_path();
    const std::string name = key.id.hex();
    std::string upper = name;
    upper[5] = 'B';
    for (const std::string& garbage : {name + "-tmp-123456", name + "~", name.substr(1), name + "0",
                                       "." + name, "g" + name, std::string("README"), upper}) {
      std::ofstream(where + "/" + garbage) << "garbage";
    }
    fs::create_directory(where + "/" + numbered_id(99).hex());
    fs::create_symlink("nowhere", where + "/" + numbered_id(98).hex());
    EXPECT_EQ(list(kind), std::vector{key.id}) << directory_of(kind);
  }
  std::ofstream(root() + "/data/" + numbered_id(97).hex()) << "not in a directory of two digits";
  EXPECT_EQ(list(FileKind::kPack).size(), 1U);
}

TEST_F(LocalBackendTest, ReportsAListingThatFails) {
  std::ofstream(directory_ / "file") << "x";
  LocalBackend backend(directory_ / "file");
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, "Not a directory",
                         [&] { backend.list(FileKind::kKey, [](const FileInfo&) {}, {}); }));
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, "Not a directory", [&] { backend.create({}); }));
}

TEST_F(LocalBackendTest, CannotSaveIntoAReadOnlyDirectory) {
  if (::geteuid() == 0) GTEST_SKIP() << "the superuser may write anywhere";
  LocalBackend backend(root());
  backend.create({});
  ASSERT_EQ(::chmod((root() + "/index").c_str(), 0500), 0);
  const FileKey key{FileKind::kIndex, numbered_id(1)};
  EXPECT_TRUE(
      fails_with(ErrorCode::kPermission, full(key), [&] { backend.save(key, as_bytes("x"), {}); }));
  EXPECT_TRUE(files_below_root().empty());
}

// The save protocol (FORMAT §1.3) -----------------------------------------------------------------

TEST_F(LocalBackendTest, SyncsTheFileThenRenamesThenSyncsTheDirectory) {
  LocalBackend backend(root());
  backend.create({});
  const Bytes content(100'000, 7);
  std::vector<SystemCalls::Event> events;
  {
    const SystemCalls calls;
    backend.save(key_, content, {});
    events = calls.events();
  }
  std::erase_if(events, [](const auto& event) { return event.call == "write"; });
  ASSERT_EQ(events.size(), 3U);
  const std::string place = fs::path(full(key_)).parent_path();

  EXPECT_EQ(events[0].call, "fsync");
  EXPECT_EQ(fs::path(events[0].path).parent_path(), place) << "not in the final directory";
  EXPECT_TRUE(events[0].path.starts_with(full(key_) + "-tmp-")) << events[0].path;
  EXPECT_EQ(events[0].size, content.size()) << "synced before everything was written";

  EXPECT_EQ(events[1].call, "rename");
  EXPECT_EQ(events[1].path, events[0].path);
  EXPECT_EQ(events[1].target, full(key_));

  EXPECT_EQ(events[2].call, "fsync");
  EXPECT_EQ(events[2].path, place);
}

/// Every directory that was made is synced into the one above it after that, and before `deadline`.
void expect_made_durable(const std::vector<SystemCalls::Event>& events, std::size_t deadline) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i].call != "mkdir") continue;
    const std::string above = fs::path(events[i].path).parent_path();
    const auto synced = std::find_if(
        events.begin() + static_cast<std::ptrdiff_t>(i),
        events.begin() + static_cast<std::ptrdiff_t>(deadline),
        [&](const auto& event) { return event.call == "fsync" && event.path == above; });
    EXPECT_NE(synced, events.begin() + static_cast<std::ptrdiff_t>(deadline))
        << events[i].path << " may vanish";
  }
}

TEST_F(LocalBackendTest, MakesNewDirectoriesDurableBeforeTheFileInThem) {
  LocalBackend backend(root() + "/deeper/still");
  const SystemCalls calls;
  backend.save(key_, as_bytes("x"), {});
  const auto events = calls.events();
  const auto renamed = std::ranges::find(events, "rename", &SystemCalls::Event::call);
  ASSERT_NE(renamed, events.end());
  EXPECT_EQ(std::ranges::count(events, "mkdir", &SystemCalls::Event::call), 5);
  expect_made_durable(events, static_cast<std::size_t>(renamed - events.begin()));
}

TEST_F(LocalBackendTest, CreateLeavesNoDirectoryThatMayVanish) {
  LocalBackend backend(root() + "/deeper");
  const SystemCalls calls;
  backend.create({});
  const auto events = calls.events();
  EXPECT_EQ(std::ranges::count(events, "mkdir", &SystemCalls::Event::call), 2 + 5 + 256);
  expect_made_durable(events, events.size());
}

struct PlantedFailure {
  std::string call;
  int error;
  ErrorCode code;
};

class FailingSave : public LocalBackendTest,
                    public ::testing::WithParamInterface<PlantedFailure> {};

TEST_P(FailingSave, LeavesNothingBehindAndTheOldFileAlone) {
  LocalBackend backend(root());
  const FileKey old{FileKind::kPack, numbered_id(0xab13)};
  backend.save(old, as_bytes("old"), {});
  const auto before = files_below_root();
  for (const FileKey& key : {key_, old}) {
    SystemCalls calls;
    calls.fail(GetParam().call, GetParam().error);
    EXPECT_TRUE(fails_with(GetParam().code, "cannot",
                           [&] { backend.save(key, as_bytes("new content"), {}); }));
  }
  EXPECT_EQ(files_below_root(), before);
  EXPECT_EQ(backend.load(old, std::nullopt, {}), testing::to_bytes("old"));
}

INSTANTIATE_TEST_SUITE_P(, FailingSave,
                         ::testing::Values(PlantedFailure{"write", ENOSPC, ErrorCode::kNoSpace},
                                           PlantedFailure{"write", EDQUOT, ErrorCode::kNoSpace},
                                           PlantedFailure{"write", EIO, ErrorCode::kIo},
                                           PlantedFailure{"fsync", EIO, ErrorCode::kIo},
                                           PlantedFailure{"fsync", ENOSPC, ErrorCode::kNoSpace},
                                           PlantedFailure{"rename", EIO, ErrorCode::kIo},
                                           PlantedFailure{"rename", EROFS, ErrorCode::kPermission}),
                         [](const auto& test) {
                           return test.param.call + std::to_string(test.param.error);
                         });

TEST_F(LocalBackendTest, ReportsADirectoryThatCannotBeMade) {
  LocalBackend backend(root());
  SystemCalls calls;
  calls.fail("mkdir", ENOSPC);
  EXPECT_TRUE(fails_with(ErrorCode::kNoSpace, "create the directory",
                         [&] { backend.save(key_, as_bytes("x"), {}); }));
  EXPECT_TRUE(fails_with(ErrorCode::kNoSpace, "create the directory", [&] { backend.create({}); }));
}

TEST_F(LocalBackendTest, SavesWhereSyncingIsNotSupported) {
  LocalBackend backend(root());
  backend.create({});
  SystemCalls calls;
  calls.fail("fsync", ENOTSUP);
  backend.save(key_, as_bytes("x"), {});
  EXPECT_EQ(backend.load(key_, std::nullopt, {}), testing::to_bytes("x"));
}

}  // namespace
}  // namespace snapfs
