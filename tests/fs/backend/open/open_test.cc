// Which storage a location leads to, and what stands before it.
#include "fs/backend/open/open.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/local.h"
#include "fs/backend/memory.h"
#include "tests/support/fault_backend.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/manual_timer.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using test::numbered_id;

const FileKey kLock{FileKind::kLock, numbered_id(1)};

TEST(OpenStorage, ADirectoryHasNothingBeforeIt) {
  const test::TemporaryDirectory directory;
  const BackendStack stack = open_storage({directory / "r"});
  EXPECT_EQ(stack.top().location(), directory / "r");
  EXPECT_NE(dynamic_cast<LocalBackend*>(&stack.top()), nullptr);
}

TEST(OpenStorage, PretendingWritesNothing) {
  const test::TemporaryDirectory directory;
  const BackendStack stack = open_storage({directory / "r"}, {.pretend = true});
  stack.top().save(kLock, as_bytes("lock"), {});
  EXPECT_FALSE(stack.top().size(kLock, {}));
}

TEST(OpenStorage, StorageFarAwayIsAskedAgain) {
  MemoryBackend memory;
  test::InstantTimer timer;
  std::vector<std::string> heard;
  BackendStack stack(std::make_unique<test::FaultBackend>(memory));
  auto& faults = dynamic_cast<test::FaultBackend&>(stack.top());
  put_far_away(stack,
               {.on_retry = [&](const RetryNotice& notice) { heard.push_back(to_text(notice)); }},
               timer);
  faults.fail({test::BackendCall::kSave, {}}, 1, ErrorCode::kUnavailable);
  stack.top().save(kLock, as_bytes("lock"), {});
  EXPECT_EQ(memory.size(kLock, {}), 4U);
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_NE(heard[0].find("planted"), std::string::npos);
  EXPECT_NE(heard[1].find("succeeded"), std::string::npos);
}

/// Says when it is destroyed.
class MortalBackend final : public Backend {
 public:
  MortalBackend(Backend& inner, std::vector<int>& deaths, int number)
      : inner_(inner), deaths_(deaths), number_(number) {}
  ~MortalBackend() override { deaths_.push_back(number_); }

  void create(const StopToken& stop) override { inner_.create(stop); }
  using Backend::save;
  void save(const FileKey& key, ByteView bytes, Content content, const StopToken& stop) override {
    inner_.save(key, bytes, content, stop);
  }
  Bytes load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose purpose,
             const StopToken& stop) override {
    return inner_.load(key, range, purpose, stop);
  }
  std::optional<std::uint64_t> size(const FileKey& key, const StopToken& stop) override {
    return inner_.size(key, stop);
  }
  std::vector<FileInfo> list(FileKind kind, const StopToken& stop) override {
    return inner_.list(kind, stop);
  }
  void remove(const FileKey& key, const StopToken& stop) override { inner_.remove(key, stop); }
  StorageTraits traits() const noexcept override { return inner_.traits(); }
  std::string location() const override { return inner_.location(); }

 private:
  Backend& inner_;
  std::vector<int>& deaths_;
  int number_;
};

TEST(BackendStackTest, WhatStandsBeforeGoesFirst) {
  std::vector<int> deaths;
  {
    BackendStack stack(std::make_unique<MemoryBackend>());
    stack.put_before<MortalBackend>(deaths, 1);
    stack.put_before<MortalBackend>(deaths, 2);
    const BackendStack moved = std::move(stack);
    EXPECT_EQ(moved.top().location(), "memory");
    EXPECT_TRUE(deaths.empty());
  }
  EXPECT_EQ(deaths, (std::vector<int>{2, 1}));
}

}  // namespace
}  // namespace snapfs
