// A thread takes one run from the request to the last of its blobs. What is limited is how many
// threads wait for the storage (as many as it likes), and how many open blobs (one a core), so that
// the link does not idle while blobs are opened, nor do cores while others wait. There are as many
// threads as both together. Where storage is near, its requests are as many as there are cores:
// then a run is opened where it was loaded, while its bytes are still in that core's cache, and
// whoever waits for a feed takes part: a thread more would only hold memory.
//
// A thread that is free asks the sources in the order of their urgency. What somebody waits for is
// not counted against the requests, nor against the bytes: it overtakes all that is ahead and bulk.
// What a source makes of a huge blob takes a multiple of it for a moment, and cores are many: of
// these only so many are taken at a time as 128 MiB have room for. Sources name blobs in batches;
// those that lie near each other in a pack become one run.
#include "fs/fetch/fetcher.h"

#include <algorithm>
#include <utility>

#include "fs/base/blocked_signals.h"
#include "fs/base/parallel.h"
#include "fs/base/start_threads.h"
#include "fs/repo/repository.h"

namespace snapfs {

namespace {

/// What is worth a request even when many are under way.
constexpr std::uint64_t kMinRun = 1 << 20;

unsigned threads_for(unsigned requests, unsigned cores) noexcept {
  return requests > cores ? requests + cores : requests;
}

/// So that all requests together fit the memory.
RunLimits limits_of(const StorageTraits& traits) {
  const std::uint64_t share = Fetcher::kMaxBytes / std::max(1U, traits.requests);
  return {traits.gap_worth_reading, std::min(traits.longest_run, std::max(share, kMinRun))};
}

/// Trees are small: of what lies between two wanted ones less is worth reading.
RunLimits half_of(const RunLimits& limits) { return {limits.max_gap / 2, limits.max_length / 2}; }

template <class Work>
std::exception_ptr attempt(const Work& work) noexcept {
  try {
    work();
    return nullptr;
  } catch (...) {
    return std::current_exception();
  }
}

/// Whether a pack can hold such a blob. One that it cannot must not keep the others of its run from
/// being read: it is told of by itself.
bool is_possible(const StoredBlob& blob) {
  try {
    require_possible(blob.handle, blob.location.length);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

Fetcher::Fetcher(Repository& repository)
    : repository_(repository),
      cores_(static_cast<unsigned>(core_count())),
      requests_(std::max(1U, repository.files().traits().requests)),
      is_near_(repository.files().is_near()),
      data_limits_(limits_of(repository.files().traits())),
      tree_limits_(half_of(data_limits_)),
      threads_wanted_(threads_for(requests_, cores_)) {}

Fetcher::~Fetcher() {
  {
    const std::lock_guard lock(mutex_);  // none is between looking and waiting
    for (std::jthread& thread : threads_) thread.request_stop();
  }
  work_.notify_all();
}

std::optional<BlobLocation> Fetcher::find(const BlobHandle& blob) const {
  return repository_.index().find_any(blob);
}

/// As many as there is work for, or as the system gives; if it gave none, it may now. Under the
/// lock.
void Fetcher::start_threads() {
  const unsigned wanted = threads_wanted_ - (is_near() && runners_ > 0 ? 1 : 0);
  if (asked_for_ >= wanted && !(threads_.empty() && wanted > 0)) return;
  asked_for_ = wanted;
  const BlockedSignals blocked;
  snapfs::start_threads(threads_, wanted, 0, [this](const std::stop_token& stop) { work(stop); });
}

/// Somebody who has nothing to do may begin a run. Under the lock.
void Fetcher::wake_one() {
  if (waiting_ > 0) {
    work_.notify_one();
  } else if (helpers_ > 0) {
    progress_.notify_all();
  }
}

void Fetcher::work(const std::stop_token& stop) {
  Lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (Feed* const feed = pick()) {
      carry_out(*feed, feed->urgency_, lock);
      continue;
    }
    ++waiting_;
    work_.wait(lock);
    --waiting_;
  }
}

/// Whose run is next; null when none can be begun now. Under the lock.
Fetcher::Feed* Fetcher::pick() {
  for (Feed* const feed : feeds_) {
    const bool is_awaited = feed->urgency_ == Urgency::kForeground;
    if (!is_awaited && under_way_ >= requests_) return nullptr;
    if (feed->ready_.empty() && !plan(*feed)) continue;
    const std::uint64_t length = feed->ready_.front().run.length();
    const bool fits = bytes_ == 0 || bytes_ + length <= kMaxBytes;
    return fits || is_awaited ? feed : nullptr;
  }
  return nullptr;
}

/// Makes runs of what the source names next; false when that is nothing. Under the lock.
bool Fetcher::plan(Feed& feed) {
  while (feed.ready_.empty() && !feed.dry_ && !feed.failure_) {
    std::vector<WantedBlob> batch;
    const auto failure = attempt([&] { name_runs(feed, batch); });
    if (failure) {
      feed.ready_.clear();
      fail(feed, failure, batch);
    }
  }
  if (feed.is_idle()) progress_.notify_all();
  return !feed.ready_.empty();
}

void Fetcher::name_runs(Feed& feed, std::vector<WantedBlob>& batch) const {
  feed.source_.next(batch);
  if (batch.empty()) {
    feed.dry_ = true;
    return;
  }
  const bool are_trees = batch.front().handle.type == BlobType::kTree;
  std::vector<StoredBlob> stored;
  for (const WantedBlob& wanted : batch) {
    const auto place = wanted.place ? wanted.place : find(wanted.handle);
    const StoredBlob blob{wanted.handle, place.value_or(BlobLocation()), wanted.tag};
    if (place && is_possible(blob)) {
      stored.push_back(blob);
    } else {
      feed.ready_.push_back({{blob.location.pack, {blob}}, false});
    }
  }
  const RunLimits& limits = are_trees ? tree_limits_ : data_limits_;
  for (PackRun& run : plan_runs(stored, limits)) {
    feed.ready_.push_back({std::move(run), true});
  }
}

/// The first of the feed's runs. Under the lock, but not all the time.
void Fetcher::carry_out(Feed& feed, Urgency urgency, Lock& lock) {
  Feed::Job job = std::move(feed.ready_.front());
  feed.ready_.pop_front();
  const std::uint64_t bytes = job.stored ? job.run.length() : 0;
  ++feed.running_;
  ++under_way_;
  bytes_ += bytes;
  lock.unlock();
  LoadedRun loaded{std::move(job.run), {}, {}, job.stored, urgency, feed.token_};
  std::exception_ptr failure = attempt([&] {
    feed.source_.starting(loaded.run);
    if (job.stored && !loaded.run.blobs.empty()) loaded.load(repository_);
  });
  lock.lock();
  --under_way_;
  if (!failure && !loaded.run.blobs.empty()) {
    wake_one();
    room_.wait(lock, [&] { return opening_ < cores_ || urgency == Urgency::kForeground; });
    ++opening_;
    lock.unlock();
    failure = attempt([&] { take_all(feed, loaded); });
    loaded.bytes = Bytes();
    lock.lock();
    --opening_;
    room_.notify_one();
  }
  bytes_ -= bytes;
  --feed.running_;
  if (failure) fail(feed, failure, loaded.run.blobs);
  wake_one();
  if (feed.is_idle()) progress_.notify_all();
}

void Fetcher::take_all(Feed& feed, const LoadedRun& loaded) {
  for (const StoredBlob& blob : loaded.run.blobs) {
    const HugeBlobs::Room room(huge_blobs_, blob.location.plaintext_length());
    feed.source_.take(FetchedBlob(repository_, loaded, blob));
  }
}

/// Ends the feed, or goes on without what is lost. Under the lock.
template <class Blobs>
void Fetcher::fail(Feed& feed, const std::exception_ptr& failure, const Blobs& lost) noexcept {
  if (feed.source_.goes_on_after_failures()) {
    for (const auto& blob : lost) feed.source_.dropped(blob.tag);
    return;
  }
  if (feed.failure_) return;
  feed.failure_ = failure;
  feed.ready_.clear();
  feed.source_.failed(failure);
  feed.stop_.request_stop();  // what else is under way is of no use any more
}

Fetcher::Feed::Feed(Fetcher& fetcher, FetchSource& source, Urgency urgency, const StopToken& stop)
    : fetcher_(fetcher), source_(source), urgency_(urgency) {
  stop_with_caller_.emplace(stop, [this] { stop_.request_stop(); });
  const std::lock_guard lock(fetcher_.mutex_);
  auto& feeds = fetcher_.feeds_;
  feeds.insert(std::ranges::upper_bound(feeds, urgency, {}, &Feed::urgency_), this);
}

Fetcher::Feed::~Feed() {
  stop_with_caller_.reset();
  stop_.request_stop();
  Lock lock(fetcher_.mutex_);
  std::erase(fetcher_.feeds_, this);
  ready_.clear();
  closed_ = true;
  fetcher_.progress_.notify_all();
  fetcher_.progress_.wait(lock, [this] { return is_idle(); });
}

void Fetcher::Feed::more() {
  const std::lock_guard lock(fetcher_.mutex_);
  dry_ = false;
  fetcher_.start_threads();
  if (fetcher_.waiting_ > 0) fetcher_.work_.notify_all();
  if (fetcher_.helpers_ > 0) fetcher_.progress_.notify_all();
}

void Fetcher::Feed::run() {
  {
    const std::lock_guard lock(fetcher_.mutex_);
    ++fetcher_.runners_;
  }
  more();
  const auto failure = attempt([this] { wait(); });
  {
    const std::lock_guard lock(fetcher_.mutex_);
    --fetcher_.runners_;
  }
  if (failure) std::rethrow_exception(failure);
}

void Fetcher::Feed::wait() {
  Lock lock(fetcher_.mutex_);
  while (!is_idle()) {
    const bool works = fetcher_.waiters_work();
    Feed* const next = works ? fetcher_.pick() : nullptr;
    if (next != nullptr) {
      fetcher_.carry_out(*next, next->urgency_, lock);
    } else if (!is_idle()) {
      fetcher_.helpers_ += works ? 1 : 0;
      fetcher_.progress_.wait(lock);
      fetcher_.helpers_ -= works ? 1 : 0;
    }
  }
  if (failure_) std::rethrow_exception(failure_);
}

bool Fetcher::Feed::work() {
  Lock lock(fetcher_.mutex_);
  dry_ = false;
  if (ready_.empty() && !fetcher_.plan(*this)) return false;
  fetcher_.carry_out(*this, Urgency::kForeground, lock);
  return true;
}

bool Fetcher::Feed::help() {
  {
    const std::lock_guard lock(fetcher_.mutex_);
    if (!fetcher_.threads_.empty()) return false;
  }
  return work();
}

}  // namespace snapfs
