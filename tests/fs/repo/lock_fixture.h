// Locks of a repository in memory.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/repo/lock.h"
#include "fs/repo/repository.h"
#include "fs/time/rfc3339.h"
#include "tests/support/fault_backend.h"
#include "tests/support/manual_clock.h"
#include "tests/support/quick_init.h"

namespace snapfs {

class LockTest : public ::testing::Test {
 protected:
  LockTest() {
    Repository::init(memory_, as_bytes("x"), kQuickInit, {});
    repository_ = std::make_unique<Repository>(backend_, as_bytes("x"), OpenOptions{}, StopToken{});
  }

  static LockOptions quick(LockMode mode) {
    return {.mode = mode,
            .settle = std::chrono::milliseconds(1),
            .refresh_every = std::chrono::milliseconds(10),
            .lost_after = std::chrono::milliseconds(45)};
  }

  std::unique_ptr<Lock> lock(
      const LockOptions& options, std::function<void()> on_lost = [] {}) {
    return std::make_unique<Lock>(*repository_, clock_, options, std::move(on_lost), StopToken{});
  }
  std::unique_ptr<Lock> shared() { return lock(quick(LockMode::kShared)); }
  std::unique_ptr<Lock> exclusive() { return lock(quick(LockMode::kExclusive)); }

  std::vector<Id> locks() { return repository_->list(FileKind::kLock, {}); }

  Id save_foreign_lock(std::string_view time, bool exclusive) {
    LockInfo info{*parse_rfc3339(time), exclusive, "elsewhere", "someone", 12'345, 0, 0};
    return repository_->save_file(FileKind::kLock, as_bytes(encode_lock(info)), {});
  }

  const test::CallFilter saves_{test::BackendCall::kSave, FileKind::kLock};
  const test::CallFilter removals_{test::BackendCall::kRemove, FileKind::kLock};
  const test::CallFilter lists_{test::BackendCall::kList, FileKind::kLock};
  test::ManualClock clock_;
  MemoryBackend memory_;
  test::FaultBackend backend_{memory_};
  std::unique_ptr<Repository> repository_;
};

}  // namespace snapfs
