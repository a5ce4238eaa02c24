// Every allocation fails once, in what decides about repositories: none of them may take the lack
// of memory for damage, or remove anything because of it.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/base/error.h"
#include "fs/maintain/check.h"
#include "fs/maintain/prune.h"
#include "fs/maintain/repair_index.h"
#include "fs/maintain/snapshot_rewriter.h"
#include "fs/maintain/tree_editors.h"
#include "fs/tree/snapshot_list.h"
#include "tests/fs/maintain/pruned_repository.h"
#include "tests/support/failing_allocations.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::FailingAllocations;

/// What a check says, without taking memory for it.
class Findings final : public CheckListener {
 public:
  void warn(std::string_view /*message*/) override {}
  void error(std::string_view /*message*/) override {}
};

class Silent final : public MaintenanceProgress {
 public:
  void warn(std::string_view /*message*/) override {}
};

class OutOfMemory : public ::testing::Test {
 protected:
  OutOfMemory() : maker_(backend_) {
    const Node file = maker_.make_file("a file with a long name", {"one", "two"});
    const Id deep = maker_.add_tree({file, test::make_symlink("link", "somewhere else")});
    const Id tree = maker_.add_tree({test::make_directory("directory", deep), file});
    for (const char* time : {"2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"}) {
      maker_.add_snapshot(tree, time);
    }
    before_ = files();
  }

  std::map<std::string, std::uint64_t> files() {
    std::map<std::string, std::uint64_t> all;
    for (const FileKind kind : {FileKind::kSnapshot, FileKind::kIndex, FileKind::kPack}) {
      for (const FileInfo& file : backend_.list(kind, {})) {
        all[std::to_string(static_cast<int>(kind)) + file.id.hex()] = file.size;
      }
    }
    return all;
  }

  /// Runs `work` on a repository that is just opened, with one allocation after the other failing,
  /// until it gets by without; of many, with fewer and fewer of them. Returns how many there are.
  long with_each_allocation_failing(const std::function<void(Repository&)>& work) {
    for (long n = 0;; n += 1 + n / 200) {
      const std::unique_ptr<Repository> repository = maker_.open();
      std::optional<ErrorCode> failure;
      std::string message;
      FailingAllocations::fail_after(n);
      try {
        work(*repository);
      } catch (...) {
        FailingAllocations::end();
        const Error error = current_error();
        failure = error.code();
        message = error.what();
      }
      const bool failed = FailingAllocations::end() < 0;
      if (failure) {
        EXPECT_EQ(*failure, ErrorCode::kOutOfResources) << n << ": " << message;
      }
      if (!failed) return n;
      if (::testing::Test::HasFailure()) return n;
    }
  }

  MemoryBackend backend_;
  test::RepositoryMaker maker_;
  std::map<std::string, std::uint64_t> before_;
};

TEST_F(OutOfMemory, IsNoDamageToACheck) {
  CheckOptions options;
  options.read_data.emplace();
  const long failed = with_each_allocation_failing([&](Repository& repository) {
    Findings findings;
    const CheckVerdict verdict = check_repository(repository, options, findings, {});
    const long unspent = FailingAllocations::end();
    EXPECT_EQ(verdict.errors, verdict.unchecked);
    EXPECT_TRUE(verdict.broken_packs.empty());
    EXPECT_FALSE(verdict.suggest_repair_index || verdict.suggest_repair_snapshots);
    FailingAllocations::fail_after(unspent);
  });
  EXPECT_GT(failed, 100);
  EXPECT_EQ(files(), before_);
}

TEST_F(OutOfMemory, CostsARepairOfSnapshotsNothing) {
  const long failed = with_each_allocation_failing([&](Repository& repository) {
    repository.load_index({});
    const std::vector<Snapshot> all = load_snapshots(repository, {});
    require_readable_root(repository, all, {});
    RepairingEditor editor(repository.index(), [](const std::string&, std::string_view) {});
    SnapshotRewriteOptions options;
    options.forget = true;
    const SystemClock clock;
    SnapshotRewriter rewriter(repository, clock, &editor, options, {});
    for (const Snapshot& snapshot : all) {
      const RewrittenSnapshot result = rewriter.rewrite(snapshot);
      EXPECT_FALSE(result.changed || result.lost || result.old_removed);
    }
  });
  EXPECT_GT(failed, 50);
  EXPECT_EQ(files(), before_);
}

/// Whatever a prune was about to do.
TEST_F(OutOfMemory, CostsAPruneNothing) {
  bool failed = true;
  for (long n = 0; failed; n += 1 + n / 8) {
    MemoryBackend backend;
    test::RepositoryMaker maker(backend);
    test::fill_for_prune(maker, backend);
    const std::size_t snapshots = test::count_intact_snapshots(backend);
    const std::unique_ptr<Repository> repository = maker.open();
    Silent progress;
    const SystemClock clock;
    try {
      FailingAllocations::fail_after(n);
      const PruneOptions options;
      const PreparedPrune prepared = prepare_prune(*repository, options, progress, {});
      execute_prune(*repository, clock, prepared, options, progress, {});
      failed = FailingAllocations::end() < 0;
    } catch (...) {
      FailingAllocations::end();
      EXPECT_EQ(current_error().code(), ErrorCode::kOutOfResources) << current_error().what();
    }
    ASSERT_EQ(test::count_intact_snapshots(backend), snapshots) << n;
  }
}

TEST_F(OutOfMemory, CostsARepairOfTheIndexNothing) {
  const long failed = with_each_allocation_failing([&](Repository& repository) {
    Silent progress;
    const SystemClock clock;
    RepairIndexOptions options;
    options.read_all_packs = true;
    const RepairedIndex result = repair_index(repository, clock, options, progress, {});
    EXPECT_TRUE(result.damaged_files.empty() && result.damaged_packs.empty() &&
                result.missing_packs.empty() && result.unknown_packs.empty());
  });
  EXPECT_GT(failed, 20);
}

}  // namespace
}  // namespace snapfs
