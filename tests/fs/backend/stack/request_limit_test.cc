// Who is let through, and in which order.
#include "fs/backend/stack/request_limit.h"

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/waiting_backend.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::fails_with;
using test::numbered_id;

constexpr test::CallFilter kPackLoads{BackendCall::kLoad, FileKind::kPack};

class RequestLimitTest : public ::testing::Test {
 protected:
  RequestLimitTest() {
    for (std::uint64_t i = 0; i < 20; ++i) memory_.save(pack(i), test::to_bytes("pack"), {});
    storage_.hold(kPackLoads);
  }
  ~RequestLimitTest() override { storage_.release(); }

  static FileKey pack(std::uint64_t number) { return {FileKind::kPack, numbered_id(number)}; }

  /// Begins a load in a thread of its own, and waits until it is in the queue or let through.
  void begin(std::uint64_t number, Urgency urgency, StopToken stop = {}) {
    const std::size_t queued = limit_.waiting();
    const std::size_t through = storage_.seen().size();
    threads_.emplace_back([this, number, urgency, stop] {
      try {
        limit_.load(pack(number), std::nullopt, {Content::kData, urgency}, stop);
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kCancelled);
      }
    });
    while (limit_.waiting() == queued && storage_.seen().size() == through) {
      std::this_thread::yield();
    }
  }

  std::vector<FileKey> loaded() const {
    std::vector<FileKey> keys;
    for (const test::SeenCall& call : storage_.seen()) keys.push_back(call.key);
    return keys;
  }

  MemoryBackend memory_;
  test::WaitingBackend storage_{memory_};
  RequestLimitBackend limit_{storage_, 2};
  std::vector<std::jthread> threads_;
};

TEST_F(RequestLimitTest, LetsSoManyThroughAndNoMore) {
  for (std::uint64_t i = 0; i < 6; ++i) begin(i, Urgency::kBulk);
  EXPECT_TRUE(storage_.wait_until_waiting(2));
  EXPECT_EQ(limit_.waiting(), 4U);
  storage_.release();
  threads_.clear();
  EXPECT_EQ(storage_.most_at_once(), 2U);
  EXPECT_EQ(storage_.count(kPackLoads), 6U);
}

TEST_F(RequestLimitTest, TheMostUrgentGoesNext) {
  begin(0, Urgency::kBulk);
  begin(1, Urgency::kBulk);
  begin(2, Urgency::kBulk);
  begin(3, Urgency::kAhead);
  begin(4, Urgency::kForeground);
  begin(5, Urgency::kAhead);
  begin(6, Urgency::kForeground);
  // One after the other, so that their order is that of the queue.
  for (std::size_t done = 1; done < 6; ++done) {
    ASSERT_TRUE(storage_.wait_until_waiting(2));
    storage_.release_first();
    while (storage_.seen().size() < 2 + done) std::this_thread::yield();
  }
  storage_.release();
  threads_.clear();
  EXPECT_EQ(loaded(),
            (std::vector<FileKey>{pack(0), pack(1), pack(4), pack(6), pack(3), pack(5), pack(2)}));
}

TEST_F(RequestLimitTest, LocksOvertakeAll) {
  begin(0, Urgency::kBulk);
  begin(1, Urgency::kBulk);
  begin(2, Urgency::kForeground);
  const FileKey lock{FileKind::kLock, numbered_id(30)};
  limit_.save(lock, test::to_bytes("lock"), {});
  EXPECT_EQ(limit_.size(lock, {}), 4U);
  EXPECT_EQ(limit_.load(lock, std::nullopt, {}, {}).size(), 4U);
  EXPECT_EQ(limit_.list(FileKind::kLock, {}).size(), 1U);
  limit_.remove(lock, {});
  EXPECT_EQ(limit_.waiting(), 1U);
}

TEST_F(RequestLimitTest, AStopEndsTheWaitAndTakesNoPlace) {
  begin(0, Urgency::kBulk);
  begin(1, Urgency::kBulk);
  StopSource source;
  begin(2, Urgency::kForeground, source.get_token());
  begin(3, Urgency::kBulk);
  source.request_stop();
  while (limit_.waiting() > 1) std::this_thread::yield();
  storage_.release();
  threads_.clear();
  EXPECT_EQ(storage_.count(kPackLoads), 3U);
  // All places are free again.
  EXPECT_EQ(limit_.load(pack(4), std::nullopt, {}, {}).size(), 4U);
  EXPECT_EQ(limit_.load(pack(5), std::nullopt, {}, {}).size(), 4U);
}

TEST_F(RequestLimitTest, AFailureGivesItsPlaceBack) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] {
      limit_.remove({FileKind::kIndex, numbered_id(99)}, {});
    }));
  }
  EXPECT_EQ(limit_.size(pack(1), {}), 4U);
}

}  // namespace
}  // namespace snapfs
