// What of a repository is too large to be handled as everything else is.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace snapfs {

/// Bytes of plaintext. More than that have only directories of very many entries, and blobs that
/// somebody made to take all memory. Trees as large as that are read node by node: parsed as a
/// whole they take nearly as much again, decoded several times as much.
inline constexpr std::uint32_t kHugeBlob = 16 << 20;

/// Who may have huge blobs in memory at the same time, however many threads there are. Thread-safe.
class HugeBlobs {
 public:
  /// Bytes of plaintext, of all that are held together. One that is larger is held alone.
  static constexpr std::uint64_t kMostBytes = 128 << 20;

  /// While it lives, there is room for the blob; at once for one that is not huge. Waits, and
  /// cannot be stopped: who holds one must not wait for another one.
  class Room {
   public:
    Room(HugeBlobs& blobs, std::uint64_t plaintext_bytes);
    ~Room();
    Room(const Room&) = delete;
    Room& operator=(const Room&) = delete;

   private:
    HugeBlobs& blobs_;
    const std::uint64_t bytes_;  ///< 0: not huge
  };

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t held_ = 0;
};

}  // namespace snapfs
