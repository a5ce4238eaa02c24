// Which of many key files opens a repository, when not all of them are what they should be.
#include "fs/repo/key_search.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/crypto/kdf.h"
#include "fs/crypto/sha256.h"
#include "fs/format/key_file.h"
#include "fs/repo/identity.h"
#include "fs/repo/repository.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/quick_init.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::fails_with;
using test::FaultBackend;

/// As the program does: a derivation that a test stops still runs while this process exits.
[[maybe_unused]] const bool is_kept = (keep_crypto_to_the_end(), true);

constexpr ScryptParameters kEnormous{1 << 12, 8, 1 << 18};

class KeySearchTest : public ::testing::Test {
 protected:
  KeySearchTest() { Repository::init(memory_, as_bytes("right"), kQuickInit, {}); }

  Id only_key() { return memory_.list(FileKind::kKey, {}).at(0).id; }

  /// Stores the key under another name of its owner until it sorts before or behind `other`.
  Id save(KeyFile file, const Id& other, bool before) {
    for (int number = 0;; ++number) {
      file.created = std::to_string(number);
      const std::string json = encode_key_file(file);
      const Id id = sha256(as_bytes(json));
      if ((id < other) != before) continue;
      memory_.save({FileKind::kKey, id}, as_bytes(json), {});
      return id;
    }
  }

  KeyFile key_of(const Keys& master, std::string_view password) {
    const Identity self = Identity::of_process();
    return make_key_file(master, as_bytes(password), kQuickKdf, {}, self.username, self.hostname);
  }

  Id opened(std::string_view password, const std::string& hint = {}) {
    KeySearch search{hint, [this](std::string_view words) { warnings_.emplace_back(words); }};
    return open(password, search).id;
  }

  OpenedKey open(std::string_view password, const KeySearch& search) {
    return find_opening_key(Entrance::read(backend_, stop_.get_token()), backend_.location(),
                            as_bytes(password), search, stop_.get_token());
  }

  StopSource stop_;
  std::vector<std::string> warnings_;
  MemoryBackend memory_;
  FaultBackend backend_{memory_};
};

TEST_F(KeySearchTest, PassesOverAKeyOfAnotherRepository) {
  const Id own = only_key();
  save(key_of(Keys::random(), "right"), own, true);
  EXPECT_EQ(opened("right"), own);
  EXPECT_EQ(Repository(backend_, as_bytes("right"), OpenOptions{}, {}).key_id(), own);
}

TEST_F(KeySearchTest, SaysWhenTheOnlyKeyThatFitsIsOfAnotherRepository) {
  const Id foreign = save(key_of(Keys::random(), "other"), only_key(), true);
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, foreign.short_hex(), [&] { opened("other"); }));
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "of another repository", [&] { opened("other"); }));
}

TEST_F(KeySearchTest, FindsThePasswordAmongManyKeys) {
  const Id own = only_key();
  for (int i = 0; i < 40; ++i) save(key_of(Keys::random(), std::to_string(i)), own, true);
  EXPECT_EQ(opened("right"), own);
  EXPECT_TRUE(fails_with(ErrorCode::kWrongPassword, "no key", [&] { opened("wrong"); }));
}

TEST_F(KeySearchTest, TriesTheKeyThatIsHintedAtFirst) {
  const Id own = only_key();
  const auto opened_key = open("right", {});
  for (const bool before : {true, false}) {
    const Id same = save(key_of(opened_key.master, "right"), own, before);
    EXPECT_EQ(opened("right", same.hex()), same);
    EXPECT_EQ(opened("right", same.hex().substr(0, 12)), same);
    EXPECT_EQ(opened("right", own.hex()), own);
    memory_.remove({FileKind::kKey, same}, {});
  }
  EXPECT_EQ(opened("right", "0123456789abcdef"), own);
  EXPECT_EQ(opened("right", "no ID at all"), own);
}

TEST_F(KeySearchTest, PassesOverKeysThatAreDamagedUnreadableOrOfAnotherKind) {
  const Id own = only_key();
  const Id unreadable = save(key_of(Keys::random(), "a"), own, true);
  memory_.save({FileKind::kKey, Id{}}, as_bytes("damaged"), {});
  const std::string other_kind = R"({"kdf":"argon2","N":1,"r":1,"p":1,"salt":"","data":""})";
  memory_.save({FileKind::kKey, sha256(as_bytes(other_kind))}, as_bytes(other_kind), {});
  backend_.before_each_call([&](BackendCall call, const FileKey& key) {
    if (call == BackendCall::kLoad && key.id == unreadable)
      throw Error(ErrorCode::kIo, "no answer");
  });
  EXPECT_EQ(opened("right"), own);
}

TEST_F(KeySearchTest, StorageThatDoesNotAnswerIsNoWrongPassword) {
  save(key_of(Keys::random(), "a"), only_key(), true);
  for (const ErrorCode code : {ErrorCode::kUnavailable, ErrorCode::kWrongCredentials}) {
    backend_.fail({BackendCall::kLoad, FileKind::kKey}, 1, code);
    EXPECT_TRUE(fails_with(code, [&] { opened("wrong"); }));
  }
}

TEST_F(KeySearchTest, AKeyThatCannotBeReadNowMayBeThePasswords) {
  const Id own = only_key();
  const OpenedKey found = open("right", {});
  save(key_of(found.master, "other"), own, true);
  backend_.before_each_call([own](BackendCall call, const FileKey& key) {
    if (call == BackendCall::kLoad && key.id == own) throw Error(ErrorCode::kIo, "unlucky");
  });
  EXPECT_TRUE(fails_with(ErrorCode::kIo, "no other key", [&] { opened("right"); }));
  EXPECT_TRUE(fails_with(ErrorCode::kIo, own.short_hex(), [&] { opened("right"); }));
}

TEST_F(KeySearchTest, AKeyThatAsksForMoreThanKeysDoIsTriedLastAndOnlyWhenItIsHintedAt) {
  const Id own = only_key();
  KeyFile enormous = key_of(Keys::random(), "x");
  enormous.kdf = kEnormous;
  const Id last = save(enormous, own, true);
  EXPECT_EQ(opened("right", last.hex()), own);
  // Nobody waits for it who did not name it.
  EXPECT_TRUE(fails_with(ErrorCode::kWrongPassword, "--key-hint " + last.short_hex(),
                         [&] { opened("wrong"); }));
  EXPECT_TRUE(warnings_.empty());
  const auto stop_when_warned = [&](std::string_view words) {
    warnings_.emplace_back(words);
    stop_.request_stop();
  };
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] {
    open("wrong", {last.hex().substr(0, 8), stop_when_warned});
  }));
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_NE(warnings_[0].find(last.short_hex()), std::string::npos) << warnings_[0];
}

TEST_F(KeySearchTest, AnOnlyKeyThatAsksForMoreThanKeysDoIsNamed) {
  KeyFile enormous = key_of(Keys::random(), "x");
  enormous.kdf = kEnormous;
  const Id own = only_key();
  const Id last = save(enormous, own, true);
  memory_.remove({FileKind::kKey, own}, {});
  EXPECT_TRUE(
      fails_with(ErrorCode::kUnsupported, "key " + last.short_hex(), [&] { opened("right"); }));
  EXPECT_TRUE(
      fails_with(ErrorCode::kUnsupported, "name it with --key-hint", [&] { opened("right"); }));
}

}  // namespace
}  // namespace snapfs
