// A backend whose answers wait until a test lets them go, and that counts what is under way at
// once: put it before a real one. Nothing here depends on how long anything takes. Only a header,
// so that any test can include it.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fs/backend/backend.h"
#include "tests/support/fault_backend.h"

namespace snapfs::test {

/// One call, as it came in.
struct SeenCall {
  BackendCall call = BackendCall::kLoad;
  FileKey key;
  std::optional<ByteRange> range = {};
  LoadPurpose purpose = {};
};

/// Thread-safe, as far as the backend behind it is.
class WaitingBackend final : public Backend {
 public:
  /// `inner` must outlive it. Without traits it has the inner one's.
  explicit WaitingBackend(Backend& inner, std::optional<StorageTraits> traits = std::nullopt)
      : inner_(inner), traits_(traits.value_or(inner.traits())) {}

  /// From now on calls that match wait before they are carried out.
  void hold(const CallFilter& calls) {
    const std::lock_guard lock(mutex_);
    held_.push_back(calls);
  }

  /// Lets go of all that wait, and of all that come.
  void release() {
    const std::lock_guard lock(mutex_);
    held_.clear();
    waiting_.clear();
    changed_.notify_all();
  }

  /// Lets go of those that wait now; what comes later waits again.
  void release_waiting() {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
    changed_.notify_all();
  }

  /// The same of the one of them that came first.
  void release_first() {
    const std::lock_guard lock(mutex_);
    if (!waiting_.empty()) waiting_.erase(waiting_.begin());
    changed_.notify_all();
  }

  /// Waits until so many calls wait at once; false when they do not after 20 s, which is there to
  /// fail a test that would hang.
  [[nodiscard]] bool wait_until_waiting(std::size_t number) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kHung, [&] { return waiting_.size() >= number; });
  }

  /// Waits until no call waits any more, because all were let go or stopped; false as above.
  [[nodiscard]] bool wait_until_none_waits() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kHung, [&] { return waiting_.empty(); });
  }

  /// From now on each call takes so long, beside what the inner one takes: for benchmarks.
  void delay(std::chrono::milliseconds round_trip) {
    const std::lock_guard lock(mutex_);
    delay_ = round_trip;
  }

  /// Forgets what was counted; to be called while no call is under way.
  void forget() {
    const std::lock_guard lock(mutex_);
    seen_.clear();
    most_ = 0;
    loaded_bytes_ = 0;
  }

  /// How many calls were under way at once, at most.
  std::size_t most_at_once() const {
    const std::lock_guard lock(mutex_);
    return most_;
  }

  /// How many bytes loads have brought.
  std::uint64_t loaded_bytes() const {
    const std::lock_guard lock(mutex_);
    return loaded_bytes_;
  }

  /// All that came in, in that order.
  std::vector<SeenCall> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

  /// How many of them match.
  std::size_t count(const CallFilter& calls) const {
    const std::lock_guard lock(mutex_);
    std::size_t number = 0;
    for (const SeenCall& call : seen_) number += calls.matches(call.call, call.key.kind) ? 1 : 0;
    return number;
  }

  void create(const StopToken& stop) override {
    const Call call(*this, {BackendCall::kCreate, FileKey::config()}, stop);
    inner_.create(stop);
  }
  using Backend::save;
  void save(const FileKey& key, ByteView bytes, Content content, const StopToken& stop) override {
    const Call call(*this, {BackendCall::kSave, key}, stop);
    inner_.save(key, bytes, content, stop);
  }
  Bytes load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose purpose,
             const StopToken& stop) override {
    const Call call(*this, {BackendCall::kLoad, key, range, purpose}, stop);
    Bytes bytes = inner_.load(key, range, purpose, stop);
    const std::lock_guard lock(mutex_);
    loaded_bytes_ += bytes.size();
    return bytes;
  }
  std::optional<std::uint64_t> size(const FileKey& key, const StopToken& stop) override {
    const Call call(*this, {BackendCall::kSize, key}, stop);
    return inner_.size(key, stop);
  }
  std::vector<FileInfo> list(FileKind kind, const StopToken& stop) override {
    const Call call(*this, {BackendCall::kList, {kind, {}}}, stop);
    return inner_.list(kind, stop);
  }
  void remove(const FileKey& key, const StopToken& stop) override {
    const Call call(*this, {BackendCall::kRemove, key}, stop);
    inner_.remove(key, stop);
  }
  StorageTraits traits() const noexcept override { return traits_; }
  std::string location() const override { return inner_.location(); }

 private:
  static constexpr std::chrono::seconds kHung{20};

  /// Counts the call while it is under way, and waits first.
  class Call {
   public:
    Call(WaitingBackend& backend, const SeenCall& call, const StopToken& stop) : counted_(backend) {
      backend.wait(call, stop);
    }

   private:
    struct Counted {
      explicit Counted(WaitingBackend& backend) : backend(backend) {
        const std::lock_guard lock(backend.mutex_);
        backend.most_ = std::max(backend.most_, ++backend.under_way_);
      }
      ~Counted() {
        const std::lock_guard lock(backend.mutex_);
        --backend.under_way_;
      }
      Counted(const Counted&) = delete;
      Counted& operator=(const Counted&) = delete;
      WaitingBackend& backend;
    };
    Counted counted_;  ///< a member of its own, so that it is destroyed when the constructor throws
  };

  bool is_held(const SeenCall& call) const {
    for (const CallFilter& calls : held_) {
      if (calls.matches(call.call, call.key.kind)) return true;
    }
    return false;
  }

  void wait(const SeenCall& call, const StopToken& stop) {
    std::unique_lock lock(mutex_);
    seen_.push_back(call);
    if (delay_.count() > 0) {
      std::condition_variable_any never;
      never.wait_for(lock, stop, delay_, [] { return false; });
    }
    if (!is_held(call)) return throw_if_stopped(stop);
    const std::size_t number = ++numbered_;
    waiting_.insert(number);
    changed_.notify_all();
    changed_.wait(lock, stop, [&] { return !waiting_.contains(number); });
    if (waiting_.erase(number) == 0) return;
    changed_.notify_all();
    throw cancelled_error();
  }

  Backend& inner_;
  const StorageTraits traits_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<CallFilter> held_;
  std::vector<SeenCall> seen_;
  std::chrono::milliseconds delay_{0};
  std::set<std::size_t> waiting_;  ///< the numbers of those that wait
  std::size_t numbered_ = 0;
  std::size_t under_way_ = 0;
  std::size_t most_ = 0;
  std::uint64_t loaded_bytes_ = 0;
};

}  // namespace snapfs::test
