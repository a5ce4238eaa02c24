// Repositories in memory with one thing wrong, and what check says of it.
#include "fs/maintain/check.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/base/error.h"
#include "fs/crypto/sha256.h"
#include "fs/format/index_file.h"
#include "fs/format/pack.h"
#include "tests/fs/maintain/damage.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::fails_with;
using test::FaultBackend;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Findings final : public CheckListener {
 public:
  void warn(std::string_view message) override { notes.emplace_back(message); }
  void error(std::string_view message) override { errors.emplace_back(message); }

  std::vector<std::string> notes;
  std::vector<std::string> errors;
};

/// Two snapshots that share a directory; "old" has a file of its own.
class CheckTest : public ::testing::Test {
 protected:
  CheckTest() : faults_(memory_), maker_(faults_) {
    shared_file_ = maker_.make_file("shared", {"one", "two"});
    shared_tree_ = maker_.add_tree({shared_file_});
    old_file_ = maker_.make_file("old", {"only in the first snapshot"});
    const Id first = maker_.add_tree({old_file_, test::make_directory("dir", shared_tree_)});
    old_ = maker_.add_snapshot(first, "2026-01-01T00:00:00Z", "alpha");
    const Id second = maker_.add_tree({test::make_directory("dir", shared_tree_)});
    new_ = maker_.add_snapshot(second, "2026-01-02T00:00:00Z", "beta");
  }

  CheckVerdict check(const CheckOptions& options = {}) {
    findings_ = {};
    const auto repository = maker_.open();
    const CheckVerdict verdict = check_repository(*repository, options, findings_, {});
    EXPECT_EQ(verdict.errors, findings_.errors.size());
    return verdict;
  }

  static CheckOptions everything() {
    CheckOptions options;
    options.read_data.emplace();
    return options;
  }

  Id pack_of(BlobType type, const Id& id) {
    return maker_.repository().index().find_any({type, id}).value().pack;
  }

  Bytes load(FileKind kind, const Id& id) { return memory_.load({kind, id}, std::nullopt, {}, {}); }

  /// Asks for an end as soon as there is something to tell.
  class Impatient final : public CheckListener {
   public:
    void warn(std::string_view /*message*/) override { stop.request_stop(); }
    void error(std::string_view message) override {
      errors.emplace_back(message);
      stop.request_stop();
    }

    StopSource stop;
    std::vector<std::string> errors;
  };

  MemoryBackend memory_;
  FaultBackend faults_;
  test::RepositoryMaker maker_;
  Node shared_file_;
  Node old_file_;
  Id shared_tree_;
  Snapshot old_;
  Snapshot new_;
  Findings findings_;
};

TEST_F(CheckTest, SoundRepositoryIsSound) {
  const CheckVerdict verdict = check(everything());
  EXPECT_TRUE(verdict.sound());
  EXPECT_THAT(findings_.notes, IsEmpty());
  EXPECT_FALSE(verdict.suggest_repair_index || verdict.suggest_repair_snapshots ||
               verdict.suggest_prune);
}

TEST_F(CheckTest, DamagedIndexFileEndsTheCheck) {
  const Id index = maker_.repository().list(FileKind::kIndex, {}).front();
  test::flip(memory_, {FileKind::kIndex, index}, 40);
  const CheckVerdict verdict = check(everything());
  EXPECT_THAT(findings_.errors,
              ElementsAre(AllOf(HasSubstr(index.short_hex()), HasSubstr("repair index"))));
  EXPECT_TRUE(verdict.suggest_repair_index);
}

TEST_F(CheckTest, IndexFileThatCannotBeReadIsNotToBeReplaced) {
  faults_.fail({BackendCall::kLoad, FileKind::kIndex}, 1, ErrorCode::kIo, FaultBackend::kForever);
  EXPECT_FALSE(check().suggest_repair_index);
  EXPECT_FALSE(findings_.errors.empty());
}

TEST_F(CheckTest, PackInSeveralIndexFilesIsHarmless) {
  test::list_again(maker_.repository(), pack_of(BlobType::kData, old_file_.content[0]),
                   [](PackDescription&) {});
  const CheckVerdict verdict = check(everything());
  EXPECT_TRUE(verdict.sound());
  EXPECT_TRUE(verdict.suggest_repair_index);
  EXPECT_THAT(findings_.notes, ElementsAre(HasSubstr("several index files")));
}

TEST_F(CheckTest, PackListedWithOtherBlobsIsBroken) {
  const Id pack = pack_of(BlobType::kData, old_file_.content[0]);
  test::list_again(maker_.repository(), pack,
                   [](PackDescription& listed) { listed.entries.pop_back(); });
  EXPECT_THAT(check().broken_packs, ElementsAre(pack));
  EXPECT_THAT(findings_.errors, ElementsAre(HasSubstr("different blobs")));
}

TEST_F(CheckTest, SameSetOfBlobsInAnotherOrderIsTheSame) {
  test::list_again(maker_.repository(), pack_of(BlobType::kData, old_file_.content[0]),
                   [](PackDescription& listed) { std::ranges::reverse(listed.entries); });
  EXPECT_TRUE(check().sound());
}

TEST_F(CheckTest, MissingPackIsAnErrorAndNotOneForRepairPacks) {
  const Id pack = pack_of(BlobType::kData, old_file_.content[0]);
  memory_.remove({FileKind::kPack, pack}, {});
  const CheckVerdict verdict = check(everything());
  EXPECT_THAT(findings_.errors,
              ElementsAre(AllOf(HasSubstr(pack.hex()), HasSubstr("does not exist"))));
  EXPECT_THAT(verdict.broken_packs, IsEmpty());
  EXPECT_TRUE(verdict.suggest_repair_snapshots);
}

TEST_F(CheckTest, PackOfAnotherSizeIsBroken) {
  const Id pack = pack_of(BlobType::kData, old_file_.content[0]);
  Bytes bytes = load(FileKind::kPack, pack);
  bytes.pop_back();
  memory_.save({FileKind::kPack, pack}, bytes, {});
  EXPECT_THAT(check(everything()).broken_packs, ElementsAre(pack));
  EXPECT_THAT(findings_.errors, ElementsAre(HasSubstr("bytes instead of")));
}

TEST_F(CheckTest, PackThatNoIndexListsIsOnlyNoted) {
  memory_.save({FileKind::kPack, Id{{1}}}, Bytes(100), {});
  const CheckVerdict verdict = check(everything());
  EXPECT_TRUE(verdict.sound());
  EXPECT_TRUE(verdict.suggest_prune);
  EXPECT_THAT(findings_.notes, ElementsAre(HasSubstr("1 pack is in no index")));
}

TEST_F(CheckTest, BlobsThatOnlyUnlistedPacksHaveCallForRepairIndex) {
  for (const Id& id : maker_.repository().list(FileKind::kIndex, {})) {
    memory_.remove({FileKind::kIndex, id}, {});
  }
  const CheckVerdict verdict = check();
  EXPECT_EQ(verdict.errors, 2U);  // the root trees
  EXPECT_TRUE(verdict.suggest_repair_index);
}

TEST_F(CheckTest, DamagedTreeIsNamedOnceAndWhatItSharesIsStillChecked) {
  maker_.damage({BlobType::kTree, shared_tree_});
  const CheckVerdict verdict = check();
  EXPECT_THAT(findings_.errors, ElementsAre(HasSubstr(shared_tree_.hex())));
  EXPECT_TRUE(verdict.suggest_repair_snapshots);
}

TEST_F(CheckTest, FaultThatPassesIsNoDamage) {
  faults_.fail({BackendCall::kLoad, FileKind::kPack}, 1, ErrorCode::kIo);
  EXPECT_TRUE(check().sound());
}

TEST_F(CheckTest, WhatCannotBeReadNowIsNoDamage) {
  for (const ErrorCode code : {ErrorCode::kIo, ErrorCode::kPermission}) {
    faults_.fail({BackendCall::kLoad, FileKind::kPack}, 1, code, FaultBackend::kForever);
    const CheckVerdict verdict = check(everything());
    EXPECT_EQ(verdict.errors, 5U);  // the roots, and every pack
    EXPECT_THAT(findings_.errors, ::testing::Each(HasSubstr("check the storage")));
    EXPECT_FALSE(verdict.suggest_repair_snapshots || verdict.suggest_repair_index);
    EXPECT_THAT(verdict.broken_packs, IsEmpty());
    faults_.clear_faults();
  }
}

TEST_F(CheckTest, StorageThatDoesNotAnswerEndsIt) {
  for (const ErrorCode code : {ErrorCode::kUnavailable, ErrorCode::kWrongCredentials}) {
    const std::size_t before = faults_.ended({BackendCall::kLoad, FileKind::kPack});
    // The first loads are the structure's.
    faults_.fail({BackendCall::kLoad, FileKind::kPack}, 6, code, FaultBackend::kForever);
    EXPECT_TRUE(fails_with(code, [&] { check(everything()); }));
    EXPECT_LE(faults_.ended({BackendCall::kLoad, FileKind::kPack}) - before,
              6 + std::thread::hardware_concurrency() + 2);
    faults_.clear_faults();
  }
}

TEST_F(CheckTest, PackThatAListingDoesNotShowIsAskedFor) {
  faults_.hide_from_lists({FileKind::kPack, pack_of(BlobType::kData, old_file_.content.at(0))});
  EXPECT_TRUE(check(everything()).sound());
}

TEST_F(CheckTest, MissingBlobIsNamedWithItsFile) {
  Node file = test::make_node("incomplete", NodeType::kFile);
  file.content = {Id{{7}}};
  maker_.add_snapshot(maker_.add_tree({file}), "2026-01-03T00:00:00Z");
  check();
  EXPECT_THAT(findings_.errors,
              ElementsAre(AllOf(HasSubstr("\"incomplete\""), HasSubstr(Id{{7}}.hex()))));
}

TEST_F(CheckTest, SizeThatIsNotThatOfTheContentIsAnError) {
  Node file = maker_.make_file("short", {"1234"});
  file.size = 5;
  maker_.add_snapshot(maker_.add_tree({file}), "2026-01-03T00:00:00Z");
  check();
  EXPECT_THAT(findings_.errors, ElementsAre(AllOf(HasSubstr("\"short\""), HasSubstr("5 bytes"))));
}

TEST_F(CheckTest, TreesThatNoReaderAcceptsAreErrors) {
  const std::vector<std::string> trees = {
      "nonsense",
      R"({"nodes":[{"name":"f","type":"file","content":null}]})",
      R"({"nodes":[{"name":"f","type":"never heard of"}]})",
      R"({"nodes":[{"name":"d","type":"dir","subtree":null}]})",
      R"({"nodes":[{"name":"d","type":"dir","subtree":")" + Id{}.hex() + R"("}]})",
      R"({"nodes":[{"name":"","type":"fifo"}]})",
      R"({"nodes":[{"name":"b","type":"fifo"},{"name":"a","type":"fifo"}]})",
  };
  for (const std::string& tree : trees) {
    const Snapshot snapshot =
        maker_.add_snapshot(maker_.add_tree_text(tree), "2026-01-03T00:00:00Z");
    EXPECT_EQ(check().errors, 1U) << tree;
    memory_.remove({FileKind::kSnapshot, snapshot.id}, {});
  }
}

TEST_F(CheckTest, DirectoriesBeforeABadNodeAreStillChecked) {
  const Id empty = Id{{9}};
  const Id tree = maker_.add_tree_text(R"({"nodes":[{"name":"a","type":"dir","subtree":")" +
                                       empty.hex() + R"("},{"name":"","type":"fifo"}]})");
  maker_.add_snapshot(tree, "2026-01-03T00:00:00Z");
  check();
  EXPECT_THAT(findings_.errors, Contains(HasSubstr(empty.hex())));
  EXPECT_THAT(findings_.errors, Contains(HasSubstr(tree.hex())));
}

TEST_F(CheckTest, DamagedSnapshotIsNamed) {
  test::flip(memory_, {FileKind::kSnapshot, old_.id}, 20);
  EXPECT_EQ(check().errors, 1U);
  EXPECT_THAT(findings_.errors, ElementsAre(HasSubstr(old_.id.short_hex())));
}

TEST_F(CheckTest, OnlyTheChosenSnapshotsCount) {
  maker_.damage({BlobType::kTree, old_.tree});
  test::flip(memory_, {FileKind::kSnapshot, old_.id}, 20);
  CheckOptions options;
  options.snapshots = {new_.id.short_hex()};
  EXPECT_TRUE(check(options).sound());
  options.snapshots = {old_.id.hex()};
  EXPECT_EQ(check(options).errors, 1U);
  options.snapshots = {"00000000"};
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { check(options); }));
}

TEST_F(CheckTest, FilterChooses) {
  maker_.damage({BlobType::kTree, old_.tree});
  CheckOptions options;
  options.filter.hosts = {"beta"};
  EXPECT_TRUE(check(options).sound());
  options.filter.hosts = {"alpha"};
  EXPECT_EQ(check(options).errors, 1U);
}

TEST_F(CheckTest, FilterThatMatchesNothingIsNoCleanBill) {
  CheckOptions options;
  options.filter.tags = {{"typo"}};
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "no snapshot matches", [&] { check(options); }));
  // The damaged one might be the one that was meant.
  test::flip(memory_, {FileKind::kSnapshot, old_.id}, 20);
  EXPECT_EQ(check(options).errors, 1U);
}

TEST_F(CheckTest, DamagedDataIsFoundByReadingIt) {
  const BlobHandle blob{BlobType::kData, old_file_.content[0]};
  maker_.damage(blob);
  EXPECT_TRUE(check().sound());
  const CheckVerdict verdict = check(everything());
  EXPECT_THAT(verdict.broken_packs, ElementsAre(pack_of(BlobType::kData, blob.id)));
  EXPECT_THAT(findings_.errors,
              ElementsAre(AllOf(HasSubstr(blob.id.hex()), HasSubstr("its name"))));
}

TEST_F(CheckTest, OnlyThePacksOfTheChosenSnapshotsAreRead) {
  maker_.damage({BlobType::kData, old_file_.content[0]});
  const Node file = maker_.make_file("third", {"in a pack of its own"});
  const Snapshot third = maker_.add_snapshot(maker_.add_tree({file}), "2026-01-03T00:00:00Z");
  CheckOptions options = everything();
  options.snapshots = {third.id.hex()};
  EXPECT_TRUE(check(options).sound());
  options.snapshots = {old_.id.hex()};
  EXPECT_EQ(check(options).errors, 1U);
}

TEST_F(CheckTest, BlobsUnderADamagedHeaderAreCheckedByTheIndex) {
  const Id intact = old_file_.content[0];
  const Id damaged = shared_file_.content[0];
  const Id pack = pack_of(BlobType::kData, damaged);
  maker_.damage({BlobType::kData, damaged});
  test::flip(memory_, {FileKind::kPack, pack}, load(FileKind::kPack, pack).size() - 30);
  EXPECT_THAT(check(everything()).broken_packs, ElementsAre(pack));
  ASSERT_EQ(findings_.errors.size(), 1U);
  EXPECT_THAT(findings_.errors[0], HasSubstr(damaged.hex()));
  EXPECT_THAT(findings_.errors[0], ::testing::Not(HasSubstr(intact.hex())));
}

TEST_F(CheckTest, FaultOfReadingAPackThatPassesIsNoDamage) {
  faults_.before_each_call(
      [failed = std::make_shared<std::set<Id>>()](BackendCall call, const FileKey& key) {
        if (call != BackendCall::kLoad || key.kind != FileKind::kPack) return;
        static std::mutex mutex;
        const std::lock_guard lock(mutex);
        if (failed->insert(key.id).second) throw Error(ErrorCode::kIo, "planted");
      });
  EXPECT_TRUE(check(everything()).sound());
}

TEST_F(CheckTest, EntryThatOnlyTheIndexHasWrongIsFound) {
  const std::vector<void (*)(PackEntry&)> changes = {
      [](PackEntry& entry) { ++entry.uncompressed_length; },
      [](PackEntry& entry) { entry.offset += 10; },
      [](PackEntry& entry) { entry.handle.id = Id{{3}}; },
  };
  const Id pack = pack_of(BlobType::kData, old_file_.content[0]);
  std::map<Id, Bytes> before;
  for (const Id& id : maker_.repository().list(FileKind::kIndex, {})) {
    before[id] = load(FileKind::kIndex, id);
  }
  for (const auto& change : changes) {
    test::relist(maker_.repository(), pack,
                 [&](PackDescription& listed) { change(listed.entries.back()); });
    EXPECT_THAT(check(everything()).broken_packs, ElementsAre(pack));
    for (const Id& id : maker_.repository().list(FileKind::kIndex, {})) {
      memory_.remove({FileKind::kIndex, id}, {});
    }
    for (const auto& [id, bytes] : before) memory_.save({FileKind::kIndex, id}, bytes, {});
  }
}

TEST_F(CheckTest, WrongLengthThatHeaderAndIndexAgreeOnIsFound) {
  const std::string text = "said to be longer than it is";
  const Id id = sha256(as_bytes(text));
  const Id pack = test::store_with_wrong_length(maker_.repository(), {BlobType::kData, id}, text);
  const CheckVerdict verdict = check(everything());
  EXPECT_THAT(verdict.broken_packs, ElementsAre(pack));
  EXPECT_THAT(findings_.errors, ElementsAre(AllOf(HasSubstr(id.hex()), HasSubstr("length"))));
}

TEST_F(CheckTest, UnusedBlobsAreNamedWhenWanted) {
  const Id unused = maker_.add_data("nobody wants this");
  maker_.flush();
  EXPECT_THAT(check().suggest_prune, false);
  CheckOptions options;
  options.find_unused = true;
  const CheckVerdict verdict = check(options);
  EXPECT_TRUE(verdict.sound());
  EXPECT_TRUE(verdict.suggest_prune);
  EXPECT_THAT(findings_.notes, ElementsAre(HasSubstr(unused.hex())));
}

TEST_F(CheckTest, SubsetReadsOnlyItsPacks) {
  maker_.damage({BlobType::kData, old_file_.content[0]});
  const Id pack = pack_of(BlobType::kData, old_file_.content[0]);
  CheckOptions options;
  const unsigned group = pack.bytes[0] % 2U + 1;
  options.read_data = PackSubset::parse(std::to_string(group) + "/2");
  EXPECT_EQ(check(options).errors, 1U);
  options.read_data = PackSubset::parse(std::to_string(3 - group) + "/2");
  EXPECT_TRUE(check(options).sound());
}

TEST_F(CheckTest, ChangesNothing) {
  check(everything());
  const auto writes =
      faults_.ended({BackendCall::kSave, {}}) + faults_.ended({BackendCall::kRemove, {}});
  check(everything());
  EXPECT_EQ(faults_.ended({BackendCall::kSave, {}}) + faults_.ended({BackendCall::kRemove, {}}),
            writes);
}

// One tree of ten million pieces takes longer than anybody waits for a stop.
TEST_F(CheckTest, StopsInTheMiddleOfATree) {
  Node first = maker_.make_file("first", {"a"});
  first.size = 100;
  Node second = maker_.make_file("second", {"b"});
  second.size = 100;
  Node many = maker_.make_file("many", {});
  many.content.assign(20'000, test::numbered_id(1));
  for (const std::vector<Node>& nodes : {std::vector<Node>{first, second}, {many}}) {
    MemoryBackend backend;
    test::RepositoryMaker maker(backend);
    maker.add_data("a");
    maker.add_data("b");
    maker.add_snapshot(maker.add_tree(nodes), "2026-01-01T00:00:00Z");
    const auto repository = maker.open();
    Impatient impatient;
    EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] {
      check_repository(*repository, {}, impatient, impatient.stop.get_token());
    }));
    EXPECT_GE(impatient.errors.size(), 1U);
    EXPECT_LE(impatient.errors.size(), nodes.size() == 1 ? 5'000U : 1U);
    for (const std::string& error : impatient.errors) EXPECT_THAT(error, Not(HasSubstr("cancel")));
  }
}

TEST_F(CheckTest, StopsWhenAsked) {
  StopSource source;
  source.request_stop();
  const auto repository = maker_.open();
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] {
    check_repository(*repository, everything(), findings_, source.get_token());
  }));
}

}  // namespace
}  // namespace snapfs
