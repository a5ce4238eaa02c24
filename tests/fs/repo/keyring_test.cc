// Passwords added, changed and removed; and what a crash leaves.
#include "fs/repo/keyring.h"

#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/repo/repository.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/manual_clock.h"
#include "tests/support/quick_init.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::fails_with;
using test::FaultBackend;
using test::ManualClock;

const KeyOwner kOwner{"me", "here", kQuickKdf};

class KeyringTest : public ::testing::Test {
 protected:
  KeyringTest() { Repository::init(memory_, as_bytes("old"), kQuickInit, {}); }

  std::unique_ptr<Repository> open(std::string_view password) {
    return std::make_unique<Repository>(backend_, as_bytes(password), OpenOptions{}, StopToken{});
  }

  bool opens(std::string_view password) {
    try {
      open(password);
      return true;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kWrongPassword) << error.what();
      return false;
    }
  }

  std::size_t key_count() { return open_any()->list(FileKind::kKey, {}).size(); }

  std::unique_ptr<Repository> open_any() { return open(opens("old") ? "old" : "new"); }

  ManualClock clock_;
  MemoryBackend memory_;
  FaultBackend backend_{memory_};
};

TEST_F(KeyringTest, AnotherPasswordOpensItToo) {
  const auto repository = open("old");
  const Id added = add_key(*repository, clock_, as_bytes("new"), kOwner, {});
  EXPECT_TRUE(opens("old"));
  EXPECT_EQ(open("new")->key_id(), added);
  EXPECT_EQ(open("new")->config().id, repository->config().id);

  const auto keys = list_keys(*repository, nullptr, {});
  ASSERT_EQ(keys.size(), 2U);
  const StoredKey& key = keys[0].id == added ? keys[0] : keys[1];
  EXPECT_EQ(key.file.username, "me");
  EXPECT_EQ(key.file.hostname, "here");
  EXPECT_EQ(key.file.created.substr(0, 10), "2026-11-22");
}

TEST_F(KeyringTest, AKeyWhoseSaveWasCutOffIsRemoved) {
  const auto repository = open("old");
  // The storage has it, and nobody hears of that.
  backend_.before_each_call([this](BackendCall call, const FileKey& key) {
    if (call != BackendCall::kSave) return;
    memory_.save(key, as_bytes("key"), {});
    throw Error(ErrorCode::kUnavailable, "the answer was lost");
  });
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "the answer was lost",
                         [&] { add_key(*repository, clock_, as_bytes("new"), kOwner, {}); }));
  EXPECT_EQ(repository->list(FileKind::kKey, {}), std::vector<Id>{repository->key_id()});
}

TEST_F(KeyringTest, KeyInUseStays) {
  const auto repository = open("old");
  const Id added = add_key(*repository, clock_, as_bytes("new"), kOwner, {});
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "passwd",
                         [&] { remove_key(*repository, repository->key_id(), {}); }));
  remove_key(*repository, added, {});
  EXPECT_FALSE(opens("new"));
  EXPECT_TRUE(opens("old"));
}

TEST_F(KeyringTest, ReplacedPasswordOpensNothing) {
  replace_key(*open("old"), clock_, as_bytes("new"), kOwner, {});
  EXPECT_TRUE(opens("new"));
  EXPECT_FALSE(opens("old"));
  EXPECT_EQ(key_count(), 1U);
}

TEST_F(KeyringTest, KeysAreFoundByTheirBeginnings) {
  const auto repository = open("old");
  const std::string hex = repository->key_id().hex();
  EXPECT_EQ(find_key(*repository, hex.substr(0, 8), {}), repository->key_id());
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, "key list",
                         [&] { find_key(*repository, hex.substr(0, 8) + "x", {}); }));
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { find_key(*repository, "", {}); }));
  // 17 keys: two of them begin with the same digit.
  for (int i = 0; i < 16; ++i) add_key(*repository, clock_, as_bytes("new"), kOwner, {});
  int ambiguous = 0;
  for (const char digit : std::string_view("0123456789abcdef")) {
    try {
      find_key(*repository, {&digit, 1}, {});
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kUsage) ++ambiguous;
    }
  }
  EXPECT_GT(ambiguous, 0);
}

TEST_F(KeyringTest, DamagedKeyIsToldAndNotListed) {
  const auto repository = open("old");
  const FileKey added{FileKind::kKey, add_key(*repository, clock_, as_bytes("new"), kOwner, {})};
  memory_.save(added, as_bytes("{}"), {});
  std::optional<Id> told;
  const auto keys = list_keys(*repository, [&](const Id& id, const Error&) { told = id; }, {});
  EXPECT_EQ(keys.size(), 1U);
  EXPECT_EQ(told, added.id);
}

TEST_F(KeyringTest, KeyThatDoesNotOpenIsNotKept) {
  const auto repository = open("old");
  backend_.fail({BackendCall::kLoad, FileKind::kKey}, 1, ErrorCode::kIo, 2);
  EXPECT_TRUE(fails_with(ErrorCode::kIo, "not kept",
                         [&] { replace_key(*repository, clock_, as_bytes("new"), kOwner, {}); }));
  EXPECT_TRUE(opens("old"));
  EXPECT_FALSE(opens("new"));
}

TEST_F(KeyringTest, OldKeyThatCannotBeRemovedIsTold) {
  const auto repository = open("old");
  backend_.fail({BackendCall::kRemove, FileKind::kKey}, 1, ErrorCode::kPermission);
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "both passwords",
                         [&] { replace_key(*repository, clock_, as_bytes("new"), kOwner, {}); }));
  EXPECT_TRUE(opens("old"));
  EXPECT_TRUE(opens("new"));
}

TEST_F(KeyringTest, KilledAnywhereOneOfThePasswordsOpensIt) {
  for (std::size_t nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    MemoryBackend memory;
    Repository::init(memory, as_bytes("old"), kQuickInit, {});
    FaultBackend backend(memory);
    Repository repository(backend, as_bytes("old"), OpenOptions{}, {});
    backend.freeze_at(nth);
    bool acknowledged = false;
    try {
      replace_key(repository, clock_, as_bytes("new"), kOwner, {});
      acknowledged = true;
    } catch (const Error&) {
    }
    const bool killed = backend.thaw();
    EXPECT_EQ(killed, !acknowledged);
    std::vector<std::string> opening;
    for (const char* password : {"old", "new"}) {
      try {
        const Repository reopened(memory, as_bytes(password), OpenOptions{}, {});
        EXPECT_EQ(reopened.config().id, repository.config().id);
        opening.emplace_back(password);
      } catch (const Error&) {
      }
    }
    ASSERT_FALSE(opening.empty());
    EXPECT_EQ(opening.back() == "new", nth > 1) << "the first call stores it";
    EXPECT_EQ(opening.front() == "old", killed) << "the last one removes it";
    if (!killed) {
      EXPECT_EQ(nth, 4U);
      EXPECT_EQ(opening, std::vector<std::string>{"new"});
      return;
    }
  }
}

}  // namespace
}  // namespace snapfs
