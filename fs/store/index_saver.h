// New packs into the index: in memory at once, in index files when enough have come (FORMAT §7.2).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "fs/base/stop_token.h"
#include "fs/format/pack.h"
#include "fs/time/clock.h"

namespace snapfs {

class Repository;

/// Writes an index file of these packs and returns its name. Throws what saving throws.
Id save_index(Repository& repository, std::span<const PackDescription> packs, StopToken stop);

/// Thread-safe.
class IndexSaver {
 public:
  static constexpr std::size_t kFullBlobs = 50'000;
  static constexpr std::chrono::minutes kFullAge{10};

  /// `before_save` is called before each file is written, by several threads; what it throws, the
  /// call that wanted to write throws. May be empty. Both references must outlive the saver.
  IndexSaver(Repository& repository, const Clock& clock, std::function<void()> before_save = {});

  /// The pack is stored. Writes an index file when enough has gathered.
  void add(PackDescription pack, StopToken stop);

  /// Writes what has gathered; nothing when that is nothing. Blocks the calling thread while others
  /// write: when this returns, every pack that was added before is listed in a file. What could not
  /// be written is kept for the next time.
  void flush(StopToken stop);

 private:
  std::vector<PackDescription> take();
  void save(std::vector<PackDescription> packs, StopToken stop);

  Repository& repository_;
  const Clock& clock_;
  const std::function<void()> before_save_;
  std::mutex mutex_;
  std::condition_variable saved_;
  std::size_t saving_ = 0;  ///< how many are writing a file
  std::vector<PackDescription> packs_;
  std::size_t blobs_ = 0;
  Timestamp oldest_;
};

}  // namespace snapfs
