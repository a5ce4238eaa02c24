// Whole snapshots, from a source in memory into a repository in memory.
#include "archiver/archiver.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "fs/tree/snapshot_list.h"
#include "tests/archiver/archiver_fixture.h"
#include "tests/support/fails_with.h"
#include "tests/support/manual_timer.h"
#include "tests/support/waiting_backend.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::fails_with;
using test::FaultBackend;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST_F(ArchiverTest, StoresWhatItWasGiven) {
  source_.add_file("/data/small", "content");
  source_.add_file("/data/empty", "");
  source_.add_file("/data/below/large", pseudo_random(9 << 20));
  source_.add_symlink("/data/link", "small");
  source_.add_special("/data/fifo", S_IFIFO | 0600);
  source_.add_special("/data/socket", S_IFSOCK | 0600);
  source_.add_directory("/data/nothing");
  const Snapshot snapshot = take();
  open();

  EXPECT_THAT(names_in(*node_at(snapshot, {"data"}).subtree),
              ElementsAre("below", "empty", "fifo", "link", "nothing", "small"));
  EXPECT_EQ(content_of(node_at(snapshot, {"data", "small"})), "content");
  EXPECT_EQ(content_of(node_at(snapshot, {"data", "below", "large"})), pseudo_random(9 << 20));
  EXPECT_GT(node_at(snapshot, {"data", "below", "large"}).content.size(), 1U);
  EXPECT_EQ(node_at(snapshot, {"data", "link"}).link_target, "small");
  EXPECT_EQ(node_at(snapshot, {"data", "fifo"}).type, NodeType::kFifo);
  EXPECT_THAT(progress_.warnings, IsEmpty());
  EXPECT_EQ(snapshot.summary->files_new, 3U);
  EXPECT_EQ(snapshot.summary->dirs_new, 3U);
  EXPECT_EQ(load_snapshots(*repository_, {}).size(), 1U);
}

TEST_F(ArchiverTest, SameContentIsStoredOnce) {
  for (int i = 0; i < 200; ++i) {
    source_.add_file("/data/copy" + std::to_string(i), "the same");
  }
  EXPECT_EQ(take().summary->data_blobs, 1U);
}

TEST_F(ArchiverTest, D3_UnchangedFilesAreTakenOverUnopened) {
  for (int i = 0; i < 100; ++i) {
    source_.add_file("/data/file" + std::to_string(i), "content " + std::to_string(i));
  }
  const Snapshot first = take();
  const std::size_t opens = source_.count(SourceOperation::kOpenFile);
  ASSERT_EQ(opens, 100U);
  open();
  const Snapshot second = take(first);

  EXPECT_EQ(source_.count(SourceOperation::kOpenFile), opens);
  EXPECT_EQ(second.tree, first.tree);
  EXPECT_EQ(second.summary->files_unmodified, 100U);
  EXPECT_EQ(second.summary->dirs_unmodified, 1U);
  EXPECT_EQ(second.summary->data_blobs, 0U);
  EXPECT_EQ(second.summary->tree_blobs, 0U);
  EXPECT_EQ(second.parent, first.id);
}

TEST_F(ArchiverTest, AChangedFileIsReadAgain) {
  source_.add_file("/data/changes", "before");
  source_.add_file("/data/stays", "same");
  const Snapshot first = take();
  source_.add_file("/data/changes", "behind");
  source_.update("/data/changes", [](SourceMetadata& metadata) { ++metadata.ctime.seconds; });
  const Snapshot second = take(first);

  EXPECT_EQ(content_of(node_at(second, {"data", "changes"})), "behind");
  EXPECT_EQ(second.summary->files_changed, 1U);
  EXPECT_EQ(second.summary->files_unmodified, 1U);
  EXPECT_EQ(source_.count(SourceOperation::kOpenFile, "/data/stays"), 1U);
}

TEST_F(ArchiverTest, ContentMissingFromTheRepositoryIsReadAgain) {
  source_.add_file("/data/file", "content");
  const Snapshot first = take();
  forget_packs_of(BlobType::kData);
  open();
  const Snapshot second = take(first);
  EXPECT_EQ(content_of(node_at(second, {"data", "file"})), "content");
  EXPECT_THAT(progress_.warnings, ElementsAre(HasSubstr("/data/file")));
}

TEST_F(ArchiverTest, AParentThatCannotBeReadCostsOnlyTime) {
  source_.add_file("/data/file", "content");
  const Snapshot first = take();
  forget_packs_of(BlobType::kTree);
  open();
  const Snapshot second = take(first);
  EXPECT_EQ(second.tree, first.tree);
  EXPECT_THAT(progress_.warnings, ElementsAre(HasSubstr("parent")));
}

TEST_F(ArchiverTest, WhatCannotBeReadIsNamedAndLeftOut) {
  source_.add_file("/data/good", "content");
  source_.add_file("/data/unopenable", "content");
  source_.add_file("/data/breaks", pseudo_random(3 << 20));
  source_.add_file("/data/closed/file", "content");
  source_.fail("/data/unopenable", SourceOperation::kOpenFile, EACCES);
  source_.fail("/data/breaks", SourceOperation::kRead, EIO, 2 << 20);
  source_.fail("/data/closed", SourceOperation::kOpenDir, EACCES);
  const Snapshot snapshot = take();

  EXPECT_THAT(names_in(*node_at(snapshot, {"data"}).subtree), ElementsAre("good"));
  EXPECT_THAT(progress_.warnings,
              UnorderedElementsAre(HasSubstr("/data/unopenable"), HasSubstr("/data/breaks"),
                                   HasSubstr("/data/closed")));
  EXPECT_EQ(progress_.errors, 3U);
}

TEST_F(ArchiverTest, MoreDirectoriesThanMayWaitDoNotWaitForEachOther) {
  // The file is still in the walker's batch when the queue of directories, which waits for it,
  // fills.
  workers_ = 1;
  source_.add_file("/data/0/file", "content");
  for (int i = 1; i < 66'000; ++i) source_.add_directory("/data/" + std::to_string(i));
  EXPECT_EQ(take().summary->dirs_new, 66'001U);
}

TEST_F(ArchiverTest, DirectoriesTooDeepToFollowAreNamedAndLeftOut) {
  std::string path = "/data";
  for (std::size_t i = 0; i <= kMaxDirectoryDepth; ++i) path += "/d";
  source_.add_directory(path);
  source_.add_file("/data/good", "content");
  scan_ = true;
  const Snapshot snapshot = take();

  EXPECT_THAT(names_in(*node_at(snapshot, {"data"}).subtree), ElementsAre("d", "good"));
  EXPECT_THAT(progress_.warnings, ElementsAre(HasSubstr("nested")));
}

TEST_F(ArchiverTest, AnAttributeThatCannotBeReadIsReportedForItsItem) {
  source_.add_symlink("/data/link", "target");
  source_.fail("/data/link", SourceOperation::kAttributes, EIO);
  take();
  EXPECT_THAT(progress_.warnings, ElementsAre(::testing::StartsWith("/data/link: ")));
}

TEST_F(ArchiverTest, MissingTargetsAreNamedAndAllMissingIsAnError) {
  source_.add_file("/data/file", "content");
  targets_ = {"/data", "/missing"};
  EXPECT_THAT(take().paths, ElementsAre("/data"));
  EXPECT_THAT(progress_.warnings, ElementsAre(HasSubstr("/missing")));

  targets_ = {"/missing"};
  EXPECT_THROW(take(), Error);
  EXPECT_EQ(stored(FileKind::kSnapshot), 1U);
}

TEST_F(ArchiverTest, NothingReadableLeavesNoSnapshot) {
  source_.add_file("/data", "content");
  source_.fail("/data", SourceOperation::kOpenFile, EACCES);
  EXPECT_THROW(take(), Error);
  EXPECT_EQ(stored(FileKind::kSnapshot), 0U);
}

/// Fails in a way that is no fault of the source, on the n-th read.
class KilledArchiverTest : public ArchiverTest {
 protected:
  void kill_at_read(int wanted) {
    source_.observe([this, wanted](SourceOperation operation, const std::string&) {
      if (operation == SourceOperation::kOpenFile && killed_) ++opened_after_kill_;
      if (operation != SourceOperation::kRead || ++reads_ != wanted) return;
      killed_ = true;
      throw Error(ErrorCode::kInternal, "injected");
    });
  }

  std::atomic<int> reads_ = 0;
  std::atomic<bool> killed_ = false;
  std::atomic<int> opened_after_kill_ = 0;
};

TEST_F(KilledArchiverTest, D4_D6_TheFirstErrorEndsEverything) {
  for (int i = 0; i < 2000; ++i) {
    source_.add_file("/data/" + std::to_string(i % 50) + "/" + std::to_string(i),
                     "content " + std::to_string(i));
  }
  source_.add_file("/data/0/large", pseudo_random(6 << 20));
  workers_ = 1;
  kill_at_read(1);
  try {
    take();
    FAIL() << "the run must end with the injected error";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "injected");
  }
  EXPECT_EQ(opened_after_kill_, 0);
  EXPECT_EQ(stored(FileKind::kIndex), 0U);
  EXPECT_EQ(stored(FileKind::kSnapshot), 0U);
}

TEST_F(KilledArchiverTest, D5_D6_NobodyHangsWhereverTheWorkerDies) {
  for (int i = 0; i < 300; ++i) {
    source_.add_file("/data/" + std::to_string(i % 7) + "/" + std::to_string(i),
                     pseudo_random(static_cast<std::size_t>(i) * 97));
  }
  for (int i = 0; i < 4; ++i) {
    source_.add_file("/data/large" + std::to_string(i), pseudo_random(3 << 20));
  }
  for (const int at : {1, 2, 10, 100, 250, 300, 301, 304, 310}) {
    reads_ = 0;
    killed_ = false;
    kill_at_read(at);
    EXPECT_THROW(take(), Error) << at;
    EXPECT_EQ(stored(FileKind::kSnapshot), 0U);
  }
}

TEST_F(ArchiverTest, D6_ARepositoryThatCannotBeWrittenToEndsTheRun) {
  for (std::uint64_t i = 0; i < 6; ++i) {
    source_.add_file("/data/" + std::to_string(i), pseudo_random(3 << 20, i));
  }
  faults_.fail({BackendCall::kSave, FileKind::kPack}, 1, ErrorCode::kNoSpace,
               FaultBackend::kForever);
  try {
    take();
    FAIL() << "the run must end with the backend's error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNoSpace);
  }
  EXPECT_EQ(stored(FileKind::kIndex), 0U);
  EXPECT_EQ(stored(FileKind::kSnapshot), 0U);
}

TEST_F(ArchiverTest, StorageThatHangsDoesNotKeepARunThatFailedFromEnding) {
  // At least six packs, of which three are on their way at once: when the sixth fails, some are
  // stored, in whatever order the workers fill them.
  for (std::uint64_t i = 0; i < 36; ++i) {
    source_.add_file("/data/" + std::to_string(i), pseudo_random(3 << 20, i));
  }
  test::WaitingBackend storage(faults_);
  repository_ =
      std::make_unique<Repository>(storage, as_bytes("password"), OpenOptions{}, StopToken{});
  faults_.fail({BackendCall::kSave, FileKind::kPack}, 6, ErrorCode::kNoSpace,
               FaultBackend::kForever);
  storage.hold({BackendCall::kSave, FileKind::kIndex});
  test::ManualTimer timer;
  execution_.timer = &timer;
  std::jthread run([this] { EXPECT_TRUE(fails_with(ErrorCode::kNoSpace, [this] { take(); })); });
  ASSERT_TRUE(storage.wait_until_waiting(1));  // what was stored is to be listed
  ASSERT_TRUE(timer.wait_until_waiting(1));
  timer.advance(std::chrono::seconds(30));
  run.join();
  EXPECT_EQ(stored(FileKind::kIndex), 0U);
  repository_.reset();
}

TEST_F(ArchiverTest, D4_AStopFromOutsideIsACancellation) {
  for (int i = 0; i < 500; ++i) source_.add_file("/data/" + std::to_string(i), "");
  StopSource stop;
  std::atomic<int> opens = 0;
  source_.observe([&](SourceOperation operation, const std::string&) {
    if (operation == SourceOperation::kOpenFile && ++opens == 5) stop.request_stop();
  });
  workers_ = 1;
  try {
    take(std::nullopt, stop.get_token());
    FAIL() << "the run must be cancelled";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
  EXPECT_EQ(opens, 5);
  EXPECT_EQ(stored(FileKind::kSnapshot), 0U);
}

TEST_F(ArchiverTest, AScanThatFailsIsNoFailureOfTheRun) {
  source_.add_file("/data/a/file", "content");
  source_.add_file("/data/b/file", "content");
  scan_ = true;
  std::atomic<bool> failed = false;
  source_.observe([&](SourceOperation operation, const std::string& path) {
    // The scanner's and the walker's turn cannot be told apart but by their order.
    if (operation != SourceOperation::kOpenDir || path != "/data/a" || failed.exchange(true))
      return;
    throw Error(ErrorCode::kIo, "no descriptors left");
  });
  try {
    take();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "no descriptors left");  // it was the walker, after all
  }
}

TEST_F(ArchiverTest, WhatIsExcludedIsNotEvenLookedAt) {
  source_.add_file("/data/kept", "12345");
  source_.add_file("/data/out.o", "1");
  source_.add_file("/data/sub/out.o", "1");
  source_.add_file("/data/skipped/below", "1");
  source_.add_file("/data/tagged/tag", "1");
  source_.add_file("/data/tagged/x", "1");
  source_.add_file("/data/large", std::string(100, 'x'));
  excludes_ = {"*.o", "skipped"};
  const std::vector<PatternSource> sources = {{"--exclude", excludes_}};
  rules_.patterns.emplace_back(sources, LetterCase::kMatters);
  rules_.tags.emplace_back("tag");
  rules_.larger_than_bytes = 99;
  scan_ = true;
  const Snapshot snapshot = take();
  const Id data = *node_at(snapshot, {"data"}).subtree;
  EXPECT_THAT(names_in(data), ElementsAre("kept", "sub", "tagged"));
  EXPECT_THAT(names_in(*node_at(snapshot, {"data", "sub"}).subtree), IsEmpty());
  EXPECT_THAT(names_in(*node_at(snapshot, {"data", "tagged"}).subtree), ElementsAre("tag"));
  EXPECT_EQ(snapshot.excludes, excludes_);
  EXPECT_EQ(snapshot.summary->total_files_processed, 2U);
  for (const char* path : {"/data/out.o", "/data/skipped", "/data/tagged/x"}) {
    EXPECT_EQ(source_.count(SourceOperation::kLstat, path), 0U) << path;
  }
  EXPECT_EQ(source_.count(SourceOperation::kOpenFile, "/data/large"), 0U);
  EXPECT_LE(progress_.files_total, 2U);
  EXPECT_THAT(progress_.warnings, IsEmpty());
}

TEST_F(ArchiverTest, ExplicitTargetsAreSelectedWhatTheRulesSay) {
  source_.add_file("/data/file", std::string(100, 'x'));
  source_.add_file("/data/dir/large", std::string(100, 'x'));
  source_.add_file("/data/dir/small", "");
  targets_ = {"/data/file", "/data/dir"};
  rules_.larger_than_bytes = 0;
  const Snapshot snapshot = take();
  EXPECT_EQ(node_at(snapshot, {"data", "file"}).size, 100U);
  EXPECT_THAT(names_in(*node_at(snapshot, {"data", "dir"}).subtree), ElementsAre("small"));
}

TEST_F(ArchiverTest, AnotherFileSystemIsLeftOutFromItsMountPointOn) {
  source_.add_file("/data/file", "");
  source_.add_file("/data/mnt/below", "");
  for (const auto& [path, device] :
       {std::pair("/data", 1), {"/data/file", 1}, {"/data/mnt", 2}, {"/data/mnt/below", 2}}) {
    source_.update(path, [id = device](SourceMetadata& metadata) { metadata.device_id = id; });
  }
  rules_.one_file_system = true;
  const Snapshot snapshot = take();
  EXPECT_THAT(names_in(*node_at(snapshot, {"data"}).subtree), ElementsAre("file", "mnt"));
  EXPECT_THAT(names_in(*node_at(snapshot, {"data", "mnt"}).subtree), IsEmpty());
}

TEST_F(ArchiverTest, ATargetThatVanishesIsNamedAndWhatWasListedIsNot) {
  source_.add_file("/data/listed", "");
  source_.add_file("/data/other", "");
  source_.add_file("/target", "");
  source_.fail("/data/listed", SourceOperation::kLstat, ENOENT);
  targets_ = {"/data", "/target"};
  scan_ = false;
  // Its first lstat finds the target.
  std::atomic<int> looked = 0;
  source_.observe([&](SourceOperation operation, const std::string& path) {
    if (operation != SourceOperation::kLstat || path != "/target" || ++looked < 2) return;
    throw SourceError(ENOENT, "cannot examine " + path, path);
  });
  const Snapshot snapshot = take();
  EXPECT_THAT(names_in(snapshot.tree), ElementsAre("data"));
  EXPECT_THAT(names_in(*node_at(snapshot, {"data"}).subtree), ElementsAre("other"));
  EXPECT_THAT(progress_.warnings, ElementsAre(::testing::HasSubstr("/target")));
}

TEST_F(ArchiverTest, TheRepositoryIsLeftOutWithANote) {
  source_.add_file("/data/file", "");
  source_.add_file("/data/repository/packs", "");
  const SourceMetadata repository = source_.lstat("/data/repository");
  rules_.own_directories = {{repository.device_id, repository.inode}};
  const Snapshot snapshot = take();
  EXPECT_THAT(names_in(*node_at(snapshot, {"data"}).subtree), ElementsAre("file"));
  EXPECT_THAT(progress_.left, ElementsAre("/data/repository"));
  EXPECT_EQ(progress_.errors, 0U);
}

TEST_F(ArchiverTest, WhenEverythingIsExcludedNothingIsStored) {
  source_.add_file("/data/file", "");
  targets_ = {"/"};
  const std::vector<PatternSource> sources = {{"--exclude", {"data"}}};
  rules_.patterns.emplace_back(sources, LetterCase::kMatters);
  EXPECT_THROW(take(), Error);
  EXPECT_EQ(stored(FileKind::kSnapshot), 0U);
}

}  // namespace
}  // namespace snapfs
