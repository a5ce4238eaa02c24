// A backend that fails, counts and delays on command: put it before a real one. Only a header, so
// that any test can include it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fs/backend/backend.h"
#include "fs/base/error.h"

namespace snapfs::test {

enum class BackendCall { kCreate, kSave, kLoad, kSize, kList, kRemove };

/// Calls picked by what they do and, when `kind` is given, to which kind of file.
struct CallFilter {
  BackendCall call = BackendCall::kSave;
  std::optional<FileKind> kind;

  bool matches(BackendCall other, FileKind other_kind) const {
    return call == other && (!kind || *kind == other_kind);
  }
};

/// Thread-safe, as far as the backend behind it is.
class FaultBackend final : public Backend {
 public:
  static constexpr std::size_t kForever = SIZE_MAX;
  using Hook = std::function<void(BackendCall, const FileKey&)>;

  /// `inner` must outlive it.
  explicit FaultBackend(Backend& inner) : inner_(inner) {}

  /// From now on the `nth` call (1: the next one) that matches, and the `times` − 1 that follow it,
  /// throw Error{code} and are not carried out.
  void fail(const CallFilter& calls, std::size_t nth, ErrorCode code, std::size_t times = 1) {
    const std::lock_guard lock(mutex_);
    faults_.push_back({calls, nth, code, times});
  }

  void clear_faults() {
    const std::lock_guard lock(mutex_);
    faults_.clear();
  }

  /// From now on the `nth` call (1: the next one), whatever it is, and all that follow it throw
  /// Error{kIo} and are not carried out: the storage stays as a process that is killed there leaves
  /// it.
  void freeze_at(std::size_t nth) {
    const std::lock_guard lock(mutex_);
    calls_until_frozen_ = nth;
  }

  /// Calls are carried out again. Returns whether one was not.
  bool thaw() {
    const std::lock_guard lock(mutex_);
    return std::exchange(calls_until_frozen_, std::nullopt) == 0;
  }

  /// From now on every load of that byte of the file throws Error{kIo}, as a bad sector makes it;
  /// loads of other parts do not.
  void break_byte(const FileKey& key, std::uint64_t offset) {
    const std::lock_guard lock(mutex_);
    broken_.emplace_back(key, offset);
  }

  /// From now on listings do not show the file, though it is there: a storage that is behind.
  void hide_from_lists(const FileKey& key) {
    const std::lock_guard lock(mutex_);
    hidden_.insert(key);
  }

  /// From now on listings show everything: it has caught up.
  void show_in_lists() {
    const std::lock_guard lock(mutex_);
    hidden_.clear();
  }

  /// `hook` runs before each call, in the calling thread and without any lock of ours: it may
  /// block, look at the backend, or throw in place of the call. Set it while nobody calls.
  void before_each_call(Hook hook) { hook_ = std::move(hook); }

  /// How many matching calls have ended, whether they failed or not.
  std::size_t ended(const CallFilter& calls) const {
    const std::lock_guard lock(mutex_);
    return count(calls);
  }

  /// Waits until that many matching calls have ended; false when they have not after 20 s, which is
  /// there to fail a test that would hang.
  [[nodiscard]] bool wait_until_ended(const CallFilter& calls, std::size_t number) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20),
                             [&] { return count(calls) >= number; });
  }

  void create(const StopToken& stop) override {
    const Call call(*this, BackendCall::kCreate, FileKey::config());
    inner_.create(stop);
  }
  using Backend::save;
  void save(const FileKey& key, ByteView bytes, Content content, const StopToken& stop) override {
    const Call call(*this, BackendCall::kSave, key);
    inner_.save(key, bytes, content, stop);
  }
  Bytes load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose purpose,
             const StopToken& stop) override {
    const Call call(*this, BackendCall::kLoad, key);
    throw_if_broken(key, range);
    return inner_.load(key, range, purpose, stop);
  }
  std::optional<std::uint64_t> size(const FileKey& key, const StopToken& stop) override {
    const Call call(*this, BackendCall::kSize, key);
    return inner_.size(key, stop);
  }
  std::vector<FileInfo> list(FileKind kind, const StopToken& stop) override {
    const Call call(*this, BackendCall::kList, {kind, {}});
    std::vector<FileInfo> listed = inner_.list(kind, stop);
    const std::lock_guard lock(mutex_);
    std::erase_if(listed, [&](const FileInfo& file) { return hidden_.contains({kind, file.id}); });
    return listed;
  }
  void remove(const FileKey& key, const StopToken& stop) override {
    const Call call(*this, BackendCall::kRemove, key);
    inner_.remove(key, stop);
  }
  StorageTraits traits() const noexcept override { return inner_.traits(); }
  std::string location() const override { return inner_.location(); }

 private:
  struct Fault {
    CallFilter calls;
    std::size_t wait;  ///< matching calls until it strikes, the striking one included
    ErrorCode code;
    std::size_t left;  ///< how often it still strikes
  };

  /// Runs the hook and throws the faults that are due; counts the call when it ends.
  class Call {
   public:
    Call(FaultBackend& backend, BackendCall call, const FileKey& key)
        : counted_(backend, call, key.kind) {
      if (backend.hook_) backend.hook_(call, key);
      backend.throw_if_due(call, key);
    }

   private:
    struct Counted {
      Counted(FaultBackend& backend, BackendCall call, FileKind kind)
          : backend(backend), call(call), kind(kind) {}
      ~Counted() {
        const std::lock_guard lock(backend.mutex_);
        ++backend.ended_[{call, kind}];
        backend.changed_.notify_all();
      }
      Counted(const Counted&) = delete;
      Counted& operator=(const Counted&) = delete;
      FaultBackend& backend;
      BackendCall call;
      FileKind kind;
    };
    Counted counted_;  ///< a member of its own, so that it is destroyed when the constructor throws
  };

  void throw_if_due(BackendCall call, const FileKey& key) {
    const std::lock_guard lock(mutex_);
    if (calls_until_frozen_) {
      if (*calls_until_frozen_ > 0) --*calls_until_frozen_;
      if (*calls_until_frozen_ == 0) {
        throw Error(ErrorCode::kIo, "killed before " + describe(key), key.id.hex());
      }
    }
    std::optional<ErrorCode> due;
    for (Fault& fault : faults_) {
      if (!fault.calls.matches(call, key.kind) || fault.left == 0) continue;
      if (fault.wait > 1) {
        --fault.wait;
        continue;
      }
      if (fault.left != kForever) --fault.left;
      due = fault.code;
    }
    if (due) throw Error(*due, "planted fault at " + describe(key), key.id.hex());
  }

  void throw_if_broken(const FileKey& key, const std::optional<ByteRange>& range) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [file, offset] : broken_) {
      if (file.kind != key.kind || file.id != key.id) continue;
      if (range && (offset < range->offset || offset >= range->offset + range->length)) continue;
      throw Error(ErrorCode::kIo, "bad sector in " + describe(key), key.id.hex());
    }
  }

  std::size_t count(const CallFilter& calls) const {
    std::size_t total = 0;
    for (const auto& [what, number] : ended_) {
      if (calls.matches(what.first, what.second)) total += number;
    }
    return total;
  }

  Backend& inner_;
  Hook hook_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<Fault> faults_;
  std::vector<std::pair<FileKey, std::uint64_t>> broken_;
  std::set<FileKey> hidden_;
  std::optional<std::size_t> calls_until_frozen_;  ///< 0: frozen
  std::map<std::pair<BackendCall, FileKind>, std::size_t> ended_;
};

}  // namespace snapfs::test
