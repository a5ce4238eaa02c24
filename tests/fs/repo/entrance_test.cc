// What is read before a password can be tried, and how often the storage is asked for that.
#include "fs/repo/entrance.h"

#include <thread>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/repo/repository.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/quick_init.h"
#include "tests/support/waiting_backend.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::fails_with;
using test::FaultBackend;
using test::numbered_id;
using test::WaitingBackend;

class EntranceTest : public ::testing::Test {
 protected:
  MemoryBackend memory_;
  WaitingBackend storage_{memory_};
};

TEST_F(EntranceTest, ConfigAndKeysDoNotWaitForEachOther) {
  Repository::init(memory_, as_bytes("x"), kQuickInit, {});
  storage_.hold({BackendCall::kLoad, FileKind::kConfig});
  storage_.hold({BackendCall::kList, FileKind::kKey});
  Entrance entrance;
  std::jthread reader([&] { entrance = Entrance::read(storage_, {}); });
  EXPECT_TRUE(storage_.wait_until_waiting(2));
  storage_.release();
  reader.join();
  EXPECT_FALSE(entrance.config.empty());
  EXPECT_EQ(entrance.keys.size(), 1U);
  // The config, the list, the key.
  EXPECT_EQ(storage_.seen().size(), 3U);
}

TEST_F(EntranceTest, ThatThereIsNoRepositorySaysMoreThanThatItHasNoKeys) {
  EXPECT_TRUE(
      fails_with(ErrorCode::kNoRepository, "no repository", [&] { Entrance::read(storage_, {}); }));
  memory_.save(FileKey::config(), {}, {});
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "empty", [&] { Entrance::read(storage_, {}); }));
  memory_.save(FileKey::config(), as_bytes("x"), {});
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "no key", [&] { Entrance::read(storage_, {}); }));
}

TEST_F(EntranceTest, AMissingConfigIsNoMissingRepository) {
  Repository::init(memory_, as_bytes("x"), kQuickInit, {});
  memory_.remove(FileKey::config(), {});
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "config of memory is missing, while it has keys",
                         [&] { Entrance::read(storage_, {}); }));
  // Somebody lost the keys as well.
  for (const FileInfo& key : memory_.list(FileKind::kKey, {})) {
    memory_.remove({FileKind::kKey, key.id}, {});
  }
  memory_.save({FileKind::kSnapshot, numbered_id(1)}, as_bytes("x"), {});
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "config of memory is missing, while it has snapshots",
                         [&] { Entrance::read(storage_, {}); }));
}

TEST_F(EntranceTest, AConfigThatSeemsGoneOnceIsThere) {
  Repository::init(memory_, as_bytes("x"), kQuickInit, {});
  FaultBackend forgetful(memory_);
  // Twice: what is not there is looked for again at once, with any file.
  forgetful.fail({BackendCall::kLoad, FileKind::kConfig}, 1, ErrorCode::kNotFound, 2);
  EXPECT_FALSE(Entrance::read(forgetful, {}).config.empty());
  forgetful.fail({BackendCall::kLoad, FileKind::kConfig}, 1, ErrorCode::kNotFound,
                 FaultBackend::kForever);
  EXPECT_TRUE(
      fails_with(ErrorCode::kDamaged, "is missing", [&] { Entrance::read(forgetful, {}); }));
}

TEST_F(EntranceTest, ARepositoryThatIsMadeMeanwhileHasItsKeys) {
  FaultBackend watched(memory_);
  std::size_t lists = 0;
  watched.before_each_call([&](BackendCall call, const FileKey&) {
    // Nothing was there when both were asked for first.
    if (call == BackendCall::kList && ++lists == 2) {
      Repository::init(memory_, as_bytes("x"), kQuickInit, {});
    }
  });
  EXPECT_EQ(Entrance::read(watched, {}).keys.size(), 1U);
}

TEST_F(EntranceTest, APlaceThatCannotBeListedIsNoRepository) {
  FaultBackend place(memory_);
  // It is a file, say.
  place.fail({BackendCall::kList, {}}, 1, ErrorCode::kNotFound, FaultBackend::kForever);
  EXPECT_TRUE(fails_with(ErrorCode::kNoRepository, [&] { Entrance::read(place, {}); }));
  // Of what is there nothing is known.
  for (const ErrorCode code : {ErrorCode::kPermission, ErrorCode::kIo, ErrorCode::kUnavailable}) {
    place.clear_faults();
    place.fail({BackendCall::kList, {}}, 1, code, FaultBackend::kForever);
    EXPECT_TRUE(fails_with(code, [&] { Entrance::read(place, {}); }));
  }
}

TEST_F(EntranceTest, WhatAnInterruptedInitLeftIsToldHowToBeginAgain) {
  FaultBackend full(memory_);
  full.fail({BackendCall::kSave, FileKind::kConfig}, 1, ErrorCode::kNoSpace);
  EXPECT_TRUE(fails_with(ErrorCode::kNoSpace,
                         [&] { Repository::init(full, as_bytes("x"), kQuickInit, {}); }));
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "begin again", [&] { Entrance::read(memory_, {}); }));
  const auto message_of = [](Backend& storage) -> std::string {
    try {
      Entrance::read(storage, {});
    } catch (const Error& error) {
      return error.what();
    }
    return {};
  };
  FaultBackend broken(memory_);
  broken.fail({BackendCall::kList, FileKind::kPack}, 1, ErrorCode::kIo);
  EXPECT_TRUE(message_of(broken).ends_with("from a copy of the repository"));
  memory_.save({FileKind::kPack, numbered_id(1)}, as_bytes("x"), {});
  EXPECT_TRUE(message_of(memory_).ends_with("from a copy of the repository"));
}

}  // namespace
}  // namespace snapfs
