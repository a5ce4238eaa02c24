// A store waits for the lock of a page, which the kernel holds while it waits for a read. Therefore
// files that are being read are left out, as far as that is known, and the thread that stores is
// nobody else's: not one that answers requests, and, while it stores, not one that loads what they
// need. What it loads before, it loads as a reader does, and others may wait for that.
#include "mount/model/file_pusher.h"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

#include "fs/base/blocked_signals.h"
#include "fs/base/error.h"

namespace snapfs {

FilePusher::FilePusher(Content content, const PushLimits& limits)
    : content_(std::move(content)), pacer_(limits) {}

FilePusher::~FilePusher() {
  end({});
  wait();
}

void FilePusher::begin(PageCache& cache) {
  const std::lock_guard lock(mutex_);
  cache_ = &cache;
}

void FilePusher::after_read(ReaderId reader, const TreeFs::NodeRef& file, PushPacer::Time now) {
  std::unique_lock lock(mutex_);
  if (cache_ == nullptr || ended_) return;
  want(file, pacer_.after_read(reader, file.directory->self, *file.listing, file.index, now), lock);
}

void FilePusher::after_listing(ReaderId reader, const TreeFs::NodeRef& any_entry,
                               PushPacer::Time now) {
  std::unique_lock lock(mutex_);
  if (cache_ == nullptr || ended_) return;
  want(any_entry, pacer_.after_listing(reader, any_entry.directory->self, *any_entry.listing, now),
       lock);
}

/// Gives the lock up.
void FilePusher::want(const TreeFs::NodeRef& place, const std::vector<std::size_t>& files,
                      std::unique_lock<std::mutex>& lock) {
  if (files.empty() || !start()) return;
  enqueue(place, files);
  lock.unlock();
  changed_.notify_one();
  std::vector<Id> blobs;
  for (const std::size_t index : files) {
    const NodeView node = place.listing->nodes[index];
    blobs.insert(blobs.end(), node.content.begin(), node.content.end());
  }
  content_.announce(std::move(blobs));
}

/// False when the system gives no thread, and did not before. Under the lock.
bool FilePusher::start() {
  if (thread_.joinable()) return true;
  const BlockedSignals blocked;
  try {
    thread_ = std::thread([this] { work(); });
    return true;
  } catch (const std::system_error&) {
    cache_ = nullptr;  // it only saves time
    return false;
  }
}

/// Before what other directories still have: a program that goes down into one needs this first.
/// Under the lock.
void FilePusher::enqueue(const TreeFs::NodeRef& place, const std::vector<std::size_t>& files) {
  Job job{place.listing, place.directory, {}};
  const auto found = std::ranges::find(jobs_, place.directory, &Job::directory);
  if (found != jobs_.end()) {
    job.files = std::move(found->files);
    jobs_.erase(found);
  }
  job.files.insert(job.files.end(), files.begin(), files.end());
  jobs_.push_front(std::move(job));
  if (jobs_.size() > kMaxJobs) jobs_.pop_back();
}

/// There is one. Under the lock.
FilePusher::Item FilePusher::next() {
  Job& job = jobs_.front();
  Item item{job.listing, job.directory, job.files.front()};
  job.files.pop_front();
  if (job.files.empty()) jobs_.pop_front();
  return item;
}

void FilePusher::give_up() {
  const std::lock_guard lock(mutex_);
  jobs_.clear();
  pacer_.give_up();
}

void FilePusher::end(std::function<void()> then) {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    jobs_.clear();
    if (storing_) {
      then_ = std::move(then);
      return;
    }
  }
  changed_.notify_one();
  if (then) then();
}

void FilePusher::wait() {
  if (thread_.joinable()) thread_.join();
}

PushCounters FilePusher::counters() const {
  const std::lock_guard lock(mutex_);
  return pacer_.counters();
}

bool FilePusher::idle() const {
  const std::lock_guard lock(mutex_);
  return jobs_.empty() && !busy_;
}

void FilePusher::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    busy_ = false;
    changed_.wait(lock, [this] { return ended_ || !jobs_.empty(); });
    if (ended_) break;
    busy_ = true;
    const Item item = next();
    try {
      if (is_wanted(item)) push(item, lock);
    } catch (const std::exception&) {
      // No memory: whoever reads the files asks for them.
      if (!lock.owns_lock()) lock.lock();
      jobs_.clear();
      pacer_.give_up();
    }
  }
  const auto then = std::exchange(then_, {});
  lock.unlock();
  if (then) then();
}

/// Gives the lock up meanwhile.
void FilePusher::push(const Item& item, std::unique_lock<std::mutex>& lock) {
  const Ino ino = item.directory->base + item.index;
  lock.unlock();
  const FileSlice content = load(item);
  const bool is_being_read = cache_->is_being_read(ino);
  lock.lock();
  // It may have been read, or given up, while it was loaded.
  if (!is_wanted(item) || ended_) return;
  if (content.pieces.empty() || is_being_read) {
    pacer_.skipped(item.directory->self, item.index);
    return;
  }
  storing_ = true;
  lock.unlock();
  const int error = cache_->store(ino, content);
  lock.lock();
  storing_ = false;
  if (error == 0) {
    pacer_.pushed(item.directory->self, item.index, content.size());
  } else {
    refused(item, error);
  }
}

/// No pieces when it cannot be had, or is not what its directory says: whoever reads it will hear.
FileSlice FilePusher::load(const Item& item) const {
  try {
    const NodeView node = item.listing->nodes[item.index];
    FileSlice content = content_.load(node);
    if (content.size() == node.size) return content;
  } catch (const Error&) {
    // Damaged, missing, or stopped.
  }
  return {};
}

void FilePusher::refused(const Item& item, int error) {
  pacer_.refused(item.directory->self);
  if (error == ENOENT) return;  // the kernel has forgotten the file: no more of its directory
  jobs_.clear();
  pacer_.give_up();
  // Unmounted. Otherwise it has no memory, or a signal came.
  if (error == ENODEV || error == ENOTCONN || error == ECONNABORTED) cache_ = nullptr;
}

bool FilePusher::is_wanted(const Item& item) const {
  return pacer_.is_wanted(item.directory->self, item.index);
}

}  // namespace snapfs
