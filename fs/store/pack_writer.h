// Sealed blobs into packs of about the target size, scattered over several open packs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "fs/base/stop_token.h"
#include "fs/format/codec.h"
#include "fs/format/pack.h"

namespace snapfs {

class StoredFiles;

/// Takes packs that are complete. The archiver hands them to an uploader; PackSaver stores them in
/// the calling thread.
class PackSink {
 public:
  virtual ~PackSink() = default;

  /// May block until there is room. Thread-safe.
  virtual void submit(FinishedPack pack, StopToken stop) = 0;

  /// Blocks while the sink is full: waiting here, and not in `submit`, holds nothing meanwhile. A
  /// hint: there may be less room than a pack takes, and it may be gone again. Thread-safe. By
  /// default there always is room.
  virtual void wait_for_room(const StopToken& /*stop*/) {}
};

/// Thread-safe. Data and tree blobs go to separate packs. A data blob goes to one of two open packs
/// at random, so that the sizes of a pack's blobs tell nothing about a file's chunks (eprint
/// 2025/532). Trees are cut nowhere: they share one pack, where neighbours stay together.
class PackWriter {
 public:
  static constexpr std::size_t kDefaultTargetBytes = 16 << 20;
  static constexpr std::size_t kMinTargetBytes = 4 << 20;
  static constexpr std::size_t kMaxTargetBytes = 128 << 20;

  /// `sink` must outlive the writer. `target_bytes` counts sealed blobs, not the header; so does
  /// `first_bytes`, which the first packs of data have, if that is less: where a link waits for
  /// something to carry, it need not wait for a whole pack.
  PackWriter(PackSink& sink, std::size_t target_bytes, std::size_t first_bytes = kMaxTargetBytes);

  /// Adds a blob; hands the pack to the sink when it is full. A blob of the target size or more
  /// gets a pack of its own. `codec` seals the header.
  void add(const SealedView& blob, Codec& codec, StopToken stop);

  /// Blocks while the sink is full: before a blob is sealed, not while it is held.
  void wait_for_room(const StopToken& stop) { sink_.wait_for_room(stop); }

  /// Whether one of the blobs, in ascending order, is in a pack that is still open.
  bool holds_any(const std::vector<BlobHandle>& blobs) const;

  /// Hands over what is open. A type's open packs are merged when the sum is below the target and
  /// its header within the format's limit.
  void flush(Codec& codec, StopToken stop);

  /// What the packs grew by so far: sealed blobs, header entries, and the overhead of packs that
  /// filled up (FORMAT §11, data_added_packed).
  std::uint64_t packed_bytes() const;

 private:
  static constexpr std::size_t kOpenPacks = 2;

  PackSink& sink_;
  std::size_t target_bytes_;
  std::size_t first_bytes_;
  mutable std::mutex mutex_;
  std::array<std::array<PackBuilder, kOpenPacks>, 2> open_;
  std::size_t full_data_packs_ = 0;
  std::uint64_t packed_bytes_ = 0;
};

/// The `first_bytes` of a PackWriter for this storage.
std::size_t first_pack_bytes(const StoredFiles& files, std::size_t target_bytes);

}  // namespace snapfs
