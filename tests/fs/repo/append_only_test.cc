// A config that says append_only: whatever asks for it, nothing but locks is removed.
#include "fs/repo/append_only.h"

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/repo/file_removal.h"
#include "fs/repo/keyring.h"
#include "fs/repo/lock.h"
#include "fs/repo/repository.h"
#include "fs/repo/upgrade.h"
#include "tests/support/fails_with.h"
#include "tests/support/manual_clock.h"
#include "tests/support/quick_init.h"

namespace snapfs {
namespace {

using test::fails_with;

class AppendOnly : public ::testing::Test {
 protected:
  /// The config of the repository that `version` makes, as rustic would set it.
  std::unique_ptr<Repository> open(unsigned version = Config::kMaxVersion) {
    InitOptions options = kQuickInit;
    options.version = version;
    Config config = Repository::init(backend_, as_bytes("x"), options, {});
    config.others = R"("append_only":true)";
    const Repository repository(backend_, as_bytes("x"), OpenOptions{}, {});
    backend_.save(FileKey::config(), seal_config(config, repository.master_keys()), {});
    return std::make_unique<Repository>(backend_, as_bytes("x"), OpenOptions{}, StopToken{});
  }

  MemoryBackend backend_;
};

TEST_F(AppendOnly, KeepsEveryFile) {
  const auto repository = open();
  const Id snapshot = repository->save_file(FileKind::kSnapshot, as_bytes("{}"), {});
  for (const FileKind kind :
       {FileKind::kKey, FileKind::kSnapshot, FileKind::kIndex, FileKind::kPack}) {
    EXPECT_TRUE(fails_with(ErrorCode::kPermission, "append-only", [&] {
      repository->files().remove({kind, snapshot}, {});
    }));
  }
  const RemovalResult result =
      remove_files(repository->files(), FileKind::kSnapshot, {snapshot}, {});
  EXPECT_EQ(result.removed, 0U);
  EXPECT_EQ(result.failures.size(), 1U);
  EXPECT_EQ(repository->list(FileKind::kSnapshot, {}).size(), 1U);
}

TEST_F(AppendOnly, IsNotMigrated) {
  const auto repository = open(1);
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "cannot replace the config",
                         [&] { upgrade_to_version_2(*repository, {}); }));
}

TEST_F(AppendOnly, TakesLocksAndGivesThemBack) {
  const auto repository = open();
  const test::ManualClock clock;
  {
    const Lock lock(*repository, clock, {}, [] {}, {});
    EXPECT_EQ(repository->list(FileKind::kLock, {}).size(), 1U);
  }
  EXPECT_TRUE(repository->list(FileKind::kLock, {}).empty());
}

TEST_F(AppendOnly, TakesKeysAndKeepsThem) {
  const auto repository = open();
  const test::ManualClock clock;
  const Id added = add_key(*repository, clock, as_bytes("y"),
                           {.username = "", .hostname = "", .kdf = kQuickKdf}, {});
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "cannot remove key",
                         [&] { remove_key(*repository, added, {}); }));
  EXPECT_EQ(repository->list(FileKind::kKey, {}).size(), 2U);
}

TEST_F(AppendOnly, SaysBeforehandWhatToDoInstead) {
  EXPECT_TRUE(fails_with(ErrorCode::kPermission,
                         "append-only, as its config says: nothing in it "
                         "is removed or replaced; do without",
                         [&] { require_removals(open()->files(), "do without"); }));
  MemoryBackend ordinary;
  Repository::init(ordinary, as_bytes("x"), kQuickInit, {});
  Repository repository(ordinary, as_bytes("x"), OpenOptions{}, {});
  EXPECT_NO_THROW(require_removals(repository.files(), "do without"));
}

}  // namespace
}  // namespace snapfs
