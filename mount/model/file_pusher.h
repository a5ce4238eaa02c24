// Puts small files into the kernel's page cache ahead of whoever reads a directory, so that reading
// them asks the mount nothing. When and which is PushPacer's decision; what is in them comes from
// where reads get it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "fs/base/id.h"
#include "mount/model/file_slice.h"
#include "mount/model/inode_table.h"
#include "mount/model/page_cache.h"
#include "mount/model/push_pacer.h"
#include "mount/model/tree_fs.h"

namespace snapfs {

/// Thread-safe. Has a thread of its own, from the first file on. No request ever waits for a store:
/// while the thread is in one it holds nothing that others need.
class FilePusher {
 public:
  struct Content {
    /// All bytes of a file, verified. Throws what reading it would throw.
    std::function<FileSlice(const NodeView& file)> load;
    /// Says that the blobs will be loaded, in this order.
    std::function<void(std::vector<Id> blobs)> announce;
  };

  explicit FilePusher(Content content, const PushLimits& limits = {});
  /// Ends pushing, and waits for a store that is under way.
  ~FilePusher();
  FilePusher(const FilePusher&) = delete;
  FilePusher& operator=(const FilePusher&) = delete;

  /// Without it nothing is pushed. `cache` must live until wait() has returned.
  void begin(PageCache& cache);

  /// After the beginning of a file was asked for, before the answer.
  void after_read(ReaderId reader, const TreeFs::NodeRef& file, PushPacer::Time now);

  /// After the kernel was told of all entries of the directory, before the answer that says so.
  void after_listing(ReaderId reader, const TreeFs::NodeRef& any_entry, PushPacer::Time now);

  /// Drops what is to be pushed: somebody who reads is being interrupted.
  void give_up();

  /// Ends pushing for good. Calls `then` once no store is under way: a store may wait for a read to
  /// be answered, so whoever answers must go on until then. Only the last `then` counts.
  void end(std::function<void()> then);

  /// Waits until the thread has ended, after end().
  void wait();

  PushCounters counters() const;

  /// Whether there is nothing to push now.
  bool idle() const;

 private:
  static constexpr std::size_t kMaxJobs = 32;

  struct Item {
    std::shared_ptr<const TreeListing> listing;
    InodeTable::DirectoryPointer directory;
    std::size_t index = 0;
  };
  /// Files of one directory.
  struct Job {
    std::shared_ptr<const TreeListing> listing;
    InodeTable::DirectoryPointer directory;
    std::deque<std::size_t> files;
  };

  void want(const TreeFs::NodeRef& place, const std::vector<std::size_t>& files,
            std::unique_lock<std::mutex>& lock);
  void enqueue(const TreeFs::NodeRef& place, const std::vector<std::size_t>& files);
  bool start();
  void work();
  Item next();
  void push(const Item& item, std::unique_lock<std::mutex>& lock);
  FileSlice load(const Item& item) const;
  void refused(const Item& item, int error);
  bool is_wanted(const Item& item) const;

  const Content content_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  PushPacer pacer_;
  std::deque<Job> jobs_;        ///< that of the directory that was read last comes first
  PageCache* cache_ = nullptr;  ///< null: nothing is pushed
  bool busy_ = false;
  bool storing_ = false;
  bool ended_ = false;
  std::function<void()> then_;
  std::thread thread_;
};

}  // namespace snapfs
