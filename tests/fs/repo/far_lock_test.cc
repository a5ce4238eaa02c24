// What --retry-lock does over a distance: each storage as it is opened for a command, with real
// servers where there are any, and a clock that only waiting moves.
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/open/open.h"
#include "fs/backend/s3/s3_backend.h"
#include "fs/repo/lock.h"
#include "fs/repo/repository.h"
#include "tests/support/fails_with.h"
#include "tests/support/fake_s3.h"
#include "tests/support/manual_clock.h"
#include "tests/support/quick_init.h"
#include "tests/support/rest_server.h"
#include "tests/support/sftp_server.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using std::chrono::milliseconds;
using test::fails_with;

/// A storage, with what it needs to exist.
struct Place {
  std::shared_ptr<void> server;
  std::unique_ptr<BackendStack> stack;
};

BackendStack open_at(const std::string& location, std::map<std::string, std::string> options = {}) {
  return open_storage(RepositoryLocation::parse(location), {.extended = std::move(options)});
}

std::optional<Place> open_local() {
  auto directory = std::make_shared<test::TemporaryDirectory>();
  const std::string path = *directory / "r";
  return Place{directory, std::make_unique<BackendStack>(open_at(path))};
}

std::optional<Place> open_rest() {
  if (!test::find_rest_server()) return std::nullopt;
  auto server = std::make_shared<test::RestServer>();
  const std::string location = "rest:" + server->url("/r/");
  return Place{server, std::make_unique<BackendStack>(open_at(location))};
}

std::optional<Place> open_rclone() {
  const auto program = test::find_rclone();
  if (!program) return std::nullopt;
  auto directory = std::make_shared<test::TemporaryDirectory>();
  const std::string location = "rclone::local:" + (*directory / "r");
  return Place{directory,
               std::make_unique<BackendStack>(open_at(location, {{"rclone.program", *program}}))};
}

std::optional<Place> open_sftp() {
  if (test::sftp_server().empty()) return std::nullopt;
  auto directory = std::make_shared<test::TemporaryDirectory>();
  const std::string location = "sftp:host:" + (*directory / "r");
  return Place{directory, std::make_unique<BackendStack>(
                              open_at(location, {{"sftp.command", test::sftp_server()}}))};
}

std::optional<Place> open_s3() {
  static const test::ManualClock clock;
  auto stack = std::make_unique<BackendStack>(std::make_unique<S3Backend>(
      std::make_unique<test::FakeS3>(), S3Location::parse("http://store/bucket/r"), S3Options{},
      test::fake_s3_variables, clock));
  put_far_away(*stack, {});
  return Place{nullptr, std::move(stack)};
}

struct Storage {
  const char* name;
  std::optional<Place> (*open)();
};

void PrintTo(const Storage& storage, std::ostream* out) { *out << storage.name; }

/// The waits of the thread that made it take no time but the clock's; those of others, which keep
/// the lock fresh, do not end before they are told to.
class WaitingThread final : public Timer {
 public:
  explicit WaitingThread(test::ManualClock& clock) : clock_(clock) {}

  TimePoint now() const override {
    return TimePoint(std::chrono::seconds(clock_.now().seconds) +
                     std::chrono::nanoseconds(clock_.now().nanoseconds));
  }

  bool wait_until(TimePoint time, const StopToken& stop) override {
    if (std::this_thread::get_id() != own_) {
      std::mutex mutex;
      std::unique_lock lock(mutex);
      std::condition_variable_any never;
      never.wait(lock, stop, [] { return false; });
      return false;
    }
    const auto wait = std::chrono::ceil<milliseconds>(time - now());
    if (wait > kSettle) waits.push_back(wait);
    clock_.advance(wait);
    if (wait > kSettle && on_wait) on_wait();
    return !stop.stop_requested();
  }

  /// As others count: shorter ones are part of taking a lock.
  static constexpr milliseconds kSettle{1};

  std::vector<milliseconds> waits;
  std::function<void()> on_wait;

 private:
  test::ManualClock& clock_;
  const std::thread::id own_ = std::this_thread::get_id();
};

class RetryLock : public ::testing::TestWithParam<Storage> {
 protected:
  void SetUp() override {
    place_ = GetParam().open();
    if (!place_) GTEST_SKIP() << "the server is not installed";
    Repository::init(backend(), as_bytes("x"), kQuickInit, {});
    repository_ =
        std::make_unique<Repository>(backend(), as_bytes("x"), OpenOptions{}, StopToken{});
    LockInfo other = LockInfo::of_process(LockMode::kShared, {clock_.now(), 0});
    other.hostname = "elsewhere";
    other_ = repository_->save_file(FileKind::kLock, as_bytes(encode_lock(other)), {});
  }

  Backend& backend() { return place_->stack->top(); }

  LockOptions patient(milliseconds retry_for) {
    return {.mode = LockMode::kExclusive,
            .retry_for = retry_for,
            .settle = WaitingThread::kSettle,
            .timer = &timer_};
  }

  std::size_t locks() { return repository_->list(FileKind::kLock, {}).size(); }

  std::optional<Place> place_;
  test::ManualClock clock_;
  WaitingThread timer_{clock_};
  std::unique_ptr<Repository> repository_;
  Id other_;
};

TEST_P(RetryLock, EndsWhenTheTimeIsOver) {
  const auto take = [&](milliseconds retry_for) {
    return fails_with(ErrorCode::kLocked, "repository is already locked",
                      [&] { Lock(*repository_, clock_, patient(retry_for), [] {}, {}); });
  };
  EXPECT_TRUE(take(milliseconds(0)));
  EXPECT_TRUE(timer_.waits.empty());
  const Timestamp start = clock_.now();
  EXPECT_TRUE(take(std::chrono::minutes(10)));
  EXPECT_EQ(clock_.now().seconds - start.seconds, 600);
  EXPECT_GE(timer_.waits.size(), 10U);
  EXPECT_LE(timer_.waits.size(), 16U);
  EXPECT_EQ(locks(), 1U) << "of its own tries nothing is left";
}

TEST_P(RetryLock, GoesOnWhenTheOtherIsDone) {
  timer_.on_wait = [&] {
    if (timer_.waits.size() == 3) repository_->files().remove({FileKind::kLock, other_}, {});
  };
  {
    const Lock lock(*repository_, clock_, patient(std::chrono::hours(1)), [] {}, {});
    EXPECT_EQ(timer_.waits.size(), 3U);
    EXPECT_EQ(locks(), 1U);
  }
  EXPECT_EQ(locks(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Far, RetryLock,
                         ::testing::Values(Storage{"Local", open_local}, Storage{"Rest", open_rest},
                                           Storage{"Rclone", open_rclone},
                                           Storage{"Sftp", open_sftp}, Storage{"S3", open_s3}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace snapfs
