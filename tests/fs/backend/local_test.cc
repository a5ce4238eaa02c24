// What only the local backend promises: modes, names that are passed over, nothing left behind, and
// the order of system calls that survives a power cut.
#include "fs/backend/local.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
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
using test::fails_with;
using test::numbered_id;
using test::SystemCalls;

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
    for (const FileInfo& info : LocalBackend(root()).list(kind, {})) ids.push_back(info.id);
    std::ranges::sort(ids);
    return ids;
  }

  test::TemporaryDirectory directory_;
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
    EXPECT_EQ(list(kind), std::vector{key.id}) << directory_of(kind);
  }
  std::ofstream(root() + "/data/" + numbered_id(97).hex()) << "not in a directory of two digits";
  EXPECT_EQ(list(FileKind::kPack).size(), 1U);
}

/// Puts something that is no file there; the words that messages call it by.
std::string put(const std::string& kind, const std::string& path) {
  fs::create_directories(fs::path(path).parent_path());
  fs::remove_all(path);
  if (kind == "FIFO" && ::mkfifo(path.c_str(), 0600) != 0) ADD_FAILURE() << path;
  if (kind == "directory") fs::create_directory(path);
  if (kind == "link to nowhere") fs::create_symlink("nowhere", path);
  if (kind == "link to itself") fs::create_symlink(path, path);
  if (kind == "link below a file") fs::create_symlink("/dev/null/x", path);
  if (kind == "device") fs::create_symlink("/dev/zero", path);
  if (kind == "socket") {
    // A socket's path is short: it is bound elsewhere and linked.
    const std::string place = fs::path(path).parent_path() / "s";
    fs::remove(place);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    EXPECT_LT(place.size(), sizeof address.sun_path);
    place.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(fd);
    fs::create_symlink("s", path);
  }
  return kind.starts_with("link") ? "leads nowhere" : kind;
}

// A test that hangs would be one that failed.
TEST_F(LocalBackendTest, NamesWhatIsInAFilesPlace) {
  LocalBackend backend(root());
  backend.create({});
  for (const std::string kind : {"FIFO", "directory", "link to nowhere", "link to itself",
                                 "link below a file", "device", "socket"}) {
    for (const FileKey key :
         {FileKey::config(), FileKey{FileKind::kKey, numbered_id(1)},
          FileKey{FileKind::kLock, numbered_id(2)}, FileKey{FileKind::kSnapshot, numbered_id(3)},
          FileKey{FileKind::kIndex, numbered_id(4)}, FileKey{FileKind::kPack, numbered_id(5)}}) {
      SCOPED_TRACE(kind + " for " + describe(key));
      const std::string words = put(kind, full(key));
      const auto refused = [&](const auto& call) {
        return fails_with(ErrorCode::kUnsupported, words, call) &&
               fails_with(ErrorCode::kUnsupported, full(key), call);
      };
      EXPECT_TRUE(refused([&] { backend.load(key, std::nullopt, {}, {}); }));
      EXPECT_TRUE(refused([&] { backend.load(key, ByteRange{0, 1}, {}, {}); }));
      EXPECT_TRUE(refused([&] { backend.size(key, {}); }));
      if (key.kind == FileKind::kPack) {
        EXPECT_TRUE(refused([&] { list(key.kind); })) << "or it would count as lost";
      } else if (key.kind != FileKind::kConfig) {
        EXPECT_EQ(list(key.kind), std::vector{key.id}) << "so that reading it names it";
      }
      fs::remove_all(full(key));
    }
  }
}

TEST_F(LocalBackendTest, FollowsLinksToFilesAndDirectories) {
  LocalBackend backend(root());
  backend.save(key_, as_bytes("content"), {});
  const fs::path directory = fs::path(full(key_)).parent_path();
  fs::rename(directory, directory_ / "elsewhere");
  fs::create_symlink(directory_ / "elsewhere", directory);
  EXPECT_EQ(as_text(backend.load(key_, std::nullopt, {}, {})), "content");
  EXPECT_EQ(list(FileKind::kPack), std::vector{key_.id});
  fs::rename(full(key_), directory_ / "file");
  fs::create_symlink(directory_ / "file", full(key_));
  EXPECT_EQ(as_text(backend.load(key_, ByteRange{3, 2}, {}, {})), "te");
  EXPECT_EQ(backend.size(key_, {}), 7U);
  EXPECT_EQ(list(FileKind::kPack), std::vector{key_.id});
}

TEST_F(LocalBackendTest, APartThatIsNotThereNowIsNoShortListing) {
  LocalBackend backend(root());
  backend.save(key_, as_bytes("content"), {});
  const std::string directory = fs::path(full(key_)).parent_path();
  const auto list_packs = [&] { list(FileKind::kPack); };
  fs::remove_all(directory);
  fs::create_symlink("not mounted", directory);
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "leads nowhere", list_packs));
  fs::remove(directory);
  std::ofstream(directory) << "no directory";
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "no directory", list_packs));
  for (const FileKind kind : kListedKinds) {
    const std::string place = fs::path(full({kind, {}})).parent_path();
    const std::string whole = kind == FileKind::kPack ? root() + "/data" : place;
    fs::remove_all(whole);
    fs::create_symlink("not mounted", whole);
    EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "leads nowhere", [&] { list(kind); }));
  }
}

TEST_F(LocalBackendTest, ReadsNothingLargerThanAFileOfTheKindCanBe) {
  LocalBackend backend(root());
  for (const FileKind kind : {FileKind::kConfig, FileKind::kKey, FileKind::kLock,
                              FileKind::kSnapshot, FileKind::kIndex, FileKind::kPack}) {
    const FileKey key{kind, kind == FileKind::kConfig ? Id{} : numbered_id(7)};
    fs::create_directories(fs::path(full(key)).parent_path());
    std::ofstream(full(key)) << "x";
    fs::resize_file(full(key), max_stored_bytes(kind) + 1);
    EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "more than any program",
                           [&] { backend.load(key, std::nullopt, {}, {}); }));
    EXPECT_EQ(as_text(backend.load(key, ByteRange{0, 1}, {}, {})), "x");
    if (max_stored_bytes(kind) > 1 << 20) continue;
    fs::resize_file(full(key), max_stored_bytes(kind));
    EXPECT_EQ(backend.load(key, std::nullopt, {}, {}).size(), max_stored_bytes(kind));
  }
}

TEST_F(LocalBackendTest, ReportsAListingThatFails) {
  std::ofstream(directory_ / "file") << "x";
  LocalBackend backend(directory_ / "file");
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, "Not a directory",
                         [&] { backend.list(FileKind::kKey, {}); }));
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
  EXPECT_EQ(backend.load(old, std::nullopt, {}, {}), test::to_bytes("old"));
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
  EXPECT_EQ(backend.load(key_, std::nullopt, {}, {}), test::to_bytes("x"));
}

}  // namespace
}  // namespace snapfs
