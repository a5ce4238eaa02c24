// Storage that does not always answer, asked again: the one place that does so. What is wrong with
// what was answered is the business of those who can tell.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <utility>

#include "fs/backend/backend.h"
#include "fs/base/error.h"
#include "fs/base/synchronized.h"
#include "fs/base/timer.h"

namespace snapfs {

/// Restic's figures, so that both programs bear the same: after 15 minutes it is no passing fault,
/// and a minute apart nobody is asked too often.
struct RetryPolicy {
  std::chrono::milliseconds first_wait{std::chrono::seconds(1)};     ///< doubles each time
  std::chrono::milliseconds longest_wait{std::chrono::seconds(60)};  ///< unless told to wait longer
  double jitter = 0.5;  ///< each wait is longer or shorter by up to that part, by chance
  std::chrono::milliseconds budget{std::chrono::minutes(15)};  ///< for a call and its repetitions

  /// A file that could not be loaded within the budget is asked for so seldom from then on, until
  /// it is there: whoever goes on to the next file would otherwise wait as long for this one each
  /// time.
  std::chrono::milliseconds probe_every{std::chrono::minutes(1)};
};

/// An outage begins with the first call that has to be made again, and is over when no call waits
/// any longer: however many meet it, it is told of once, and once more when the last of them
/// succeeds.
struct RetryNotice {
  std::string call;   ///< the first that failed, or the last that waited: "loading the config"
  std::string fault;  ///< why it failed; empty when it has succeeded, and the outage is over
  std::chrono::milliseconds wait{0};    ///< until it is made again
  std::chrono::milliseconds budget{0};  ///< for how long it is made again at most
  unsigned tries = 0;                   ///< of that call, so far
};

/// One line for people.
std::string to_text(const RetryNotice& notice);

/// Called by one thread at a time, whichever it is; must not use the storage.
using RetryListener = std::function<void(const RetryNotice&)>;

/// Makes calls again that fail with Error{kUnavailable}, until the policy's budget is used up or a
/// stop is requested; every other failure is passed on at once. Thread-safe.
class RetryBackend final : public Backend {
 public:
  /// `inner` and the timer must outlive this; `listener` may be empty. The seed is the jitter's.
  /// `last_call` stops when the program must end at once, though something is left over.
  /// `permit_again` is called before the save or the removal of anything but a lock is made again,
  /// and throws when it must not be: the machine may have slept since it was made first.
  explicit RetryBackend(Backend& inner, RetryListener listener = {}, const RetryPolicy& policy = {},
                        Timer& timer = steady_timer(), std::uint32_t seed = std::random_device{}(),
                        StopToken last_call = {}, std::function<void()> permit_again = {});

  void create(const StopToken& stop) override;

  /// Where saves are not atomic, one that was cut off may have left a part: the next try takes its
  /// place, and in the end it is removed. A file that is there whole was stored, whatever was
  /// answered, and stays, since others may go by it; the config takes the place of one that is
  /// there.
  using Backend::save;
  void save(const FileKey& key, ByteView bytes, Content content, const StopToken& stop) override;
  Bytes load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose purpose,
             const StopToken& stop) override;
  std::optional<std::uint64_t> size(const FileKey& key, const StopToken& stop) override;
  std::vector<FileInfo> list(FileKind kind, const StopToken& stop) override;

  /// A file that is gone at the second try was removed by the first.
  void remove(const FileKey& key, const StopToken& stop) override;
  StorageTraits traits() const noexcept override { return inner_.traits(); }
  std::string location() const override { return inner_.location(); }

 private:
  /// What there is of a file whose save failed.
  enum class Remains { kPart, kWhole, kUnknown };

  class Attempts;
  class Outage {
   public:
    explicit Outage(RetryListener listener) : listener_(std::move(listener)) {}
    void join(const RetryNotice& begin);
    void leave();
    void leave(const RetryNotice& end);

   private:
    const RetryListener listener_;
    Synchronized<unsigned> waiting_;  ///< calls that failed and are to be made again
  };

  template <class Call>
  auto repeat(const std::string& what, const StopToken& stop, const Call& call);
  std::chrono::milliseconds jittered(std::chrono::milliseconds wait);
  bool is_probe(const FileKey& key);
  void require_permission(const FileKey& key) const;
  Remains remains_of(const FileKey& key, std::size_t bytes, const StopToken& stop);
  void remove_remains(const FileKey& key, const StopToken& stop);

  Backend& inner_;
  const RetryPolicy policy_;
  Timer& timer_;
  Synchronized<std::minstd_rand> random_;
  const StopToken last_call_;
  const std::function<void()> permit_again_;
  Outage outage_;
  Synchronized<std::map<FileKey, Timer::TimePoint>> open_circuits_;  ///< and the next probe of each
};

}  // namespace snapfs
