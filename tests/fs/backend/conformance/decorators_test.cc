// What stands before storages: it changes nothing of what they must do, and passes on what they
// fail with.
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "fs/backend/dry_run.h"
#include "fs/backend/local.h"
#include "fs/backend/memory.h"
#include "fs/backend/open/open.h"
#include "fs/backend/stack/request_limit.h"
#include "fs/backend/stack/retry.h"
#include "tests/fs/backend/conformance/conformance.h"
#include "tests/support/fault_backend.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/waiting_backend.h"

namespace snapfs {
namespace {

using test::BackendCall;

/// The decorator that other tests put before a backend must not change it.
class FaultPlace final : public Place {
 public:
  Backend& backend() override { return backend_; }

 private:
  MemoryBackend inner_;
  test::FaultBackend backend_{inner_};
};

class WaitingPlace final : public Place {
 public:
  Backend& backend() override { return backend_; }

 private:
  MemoryBackend inner_;
  test::WaitingBackend backend_{inner_};
};

class RetryPlace final : public Place {
 public:
  Backend& backend() override { return backend_; }

 private:
  MemoryBackend inner_;
  RetryBackend backend_{inner_};
};

class RequestLimitPlace final : public Place {
 public:
  Backend& backend() override { return backend_; }

 private:
  MemoryBackend inner_;
  RequestLimitBackend backend_{inner_, 2};
};

/// A directory with all that would stand before it, were it far away.
class FarAwayPlace final : public Place {
 public:
  FarAwayPlace() { put_far_away(stack_, {}); }
  Backend& backend() override { return stack_.top(); }

 private:
  test::TemporaryDirectory directory_;
  BackendStack stack_{std::make_unique<LocalBackend>(directory_ / "repository")};
};

using Places =
    ::testing::Types<FaultPlace, WaitingPlace, RetryPlace, RequestLimitPlace, FarAwayPlace>;
INSTANTIATE_TYPED_TEST_SUITE_P(Decorated, Conformance, Places, PlaceNames);

/// A decorator over storage that does not do what it should.
template <class PlaceType>
class Decorators : public ::testing::Test {};

/// The decorators as they stand before a storage: each alone, and all of them.
struct DryRunLayer {
  static void put(BackendStack& stack) { stack.put_before<DryRunBackend>(); }
};
struct RetryLayer {
  static void put(BackendStack& stack) { stack.put_before<RetryBackend>(); }
};
struct RequestLimitLayer {
  static void put(BackendStack& stack) { stack.put_before<RequestLimitBackend>(8U); }
};
struct FaultLayer {
  static void put(BackendStack& stack) { stack.put_before<test::FaultBackend>(); }
};
struct AllLayers {
  static void put(BackendStack& stack) {
    put_far_away(stack, {});
    stack.put_before<DryRunBackend>();
  }
};
using Layers = ::testing::Types<DryRunLayer, RetryLayer, RequestLimitLayer, FaultLayer, AllLayers>;
TYPED_TEST_SUITE(Decorators, Layers);

TYPED_TEST(Decorators, ReadWhatIsStored) {
  BackendStack stack(std::make_unique<MemoryBackend>());
  const FileKey key{FileKind::kPack, numbered_id(1)};
  stack.top().save(key, as_bytes("0123456789"), {});
  TypeParam::put(stack);
  EXPECT_EQ(stack.top().load(key, ByteRange{1, 2}, {}, {}), to_bytes("12"));
  EXPECT_EQ(stack.top().size(key, {}), 10U);
  EXPECT_EQ(stack.top().list(FileKind::kPack, {}).size(), 1U);
  EXPECT_EQ(stack.top().location(), "memory");
}

TYPED_TEST(Decorators, PassOnShortBodiesAndListingsThatFail) {
  MemoryBackend memory;
  const FileKey key{FileKind::kPack, numbered_id(1)};
  memory.save(key, as_bytes("0123456789"), {});
  BackendStack stack(std::make_unique<test::FaultBackend>(memory));
  auto& faults = dynamic_cast<test::FaultBackend&>(stack.top());
  TypeParam::put(stack);
  faults.fail({BackendCall::kLoad, {}}, 1, ErrorCode::kDamaged);
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [&] {
    stack.top().load(key, ByteRange{0, 10}, {}, {});
  }));
  EXPECT_EQ(faults.ended({BackendCall::kLoad, {}}), 1U);  // who reads it again is Repository
  faults.fail({BackendCall::kList, {}}, 1, ErrorCode::kIo);
  EXPECT_TRUE(fails_with(ErrorCode::kIo, [&] { stack.top().list(FileKind::kPack, {}); }));
}

TYPED_TEST(Decorators, ACallThatNeverAnswersEndsWithAStop) {
  MemoryBackend memory;
  const FileKey key{FileKind::kPack, numbered_id(1)};
  memory.save(key, as_bytes("0123456789"), {});
  BackendStack stack(std::make_unique<test::WaitingBackend>(memory));
  auto& storage = dynamic_cast<test::WaitingBackend&>(stack.top());
  TypeParam::put(stack);
  for (const BackendCall call : {BackendCall::kLoad, BackendCall::kSize, BackendCall::kList}) {
    storage.hold({call, {}});
    StopSource source;
    test::TestThreads callers;
    callers.start([&] {
      const StopToken stop = source.get_token();
      EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] {
        if (call == BackendCall::kLoad) stack.top().load(key, std::nullopt, {}, stop);
        if (call == BackendCall::kSize) stack.top().size(key, stop);
        if (call == BackendCall::kList) stack.top().list(FileKind::kPack, stop);
      }));
    });
    EXPECT_TRUE(storage.wait_until_waiting(1));
    source.request_stop();
  }
}

TYPED_TEST(Decorators, LetManyCallsBeUnderWayAtOnce) {
  MemoryBackend memory;
  const FileKey key{FileKind::kPack, numbered_id(1)};
  memory.save(key, as_bytes("0123456789"), {});
  BackendStack stack(std::make_unique<test::WaitingBackend>(memory, StorageTraits{.requests = 8}));
  auto& storage = dynamic_cast<test::WaitingBackend&>(stack.top());
  storage.hold({BackendCall::kLoad, {}});
  TypeParam::put(stack);
  test::TestThreads callers;
  for (int i = 0; i < 8; ++i) {
    callers.start([&] { EXPECT_EQ(stack.top().load(key, {}, {}, {}).size(), 10U); });
  }
  EXPECT_TRUE(storage.wait_until_waiting(8));
  storage.release();
  callers.join();
  EXPECT_EQ(storage.most_at_once(), 8U);
  EXPECT_EQ(stack.top().traits().requests, 8U);
}

}  // namespace
}  // namespace snapfs
