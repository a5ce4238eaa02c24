#include "fs/format/huge_blob.h"

namespace snapfs {

HugeBlobs::Room::Room(HugeBlobs& blobs, std::uint64_t plaintext_bytes)
    : blobs_(blobs), bytes_(plaintext_bytes > kHugeBlob ? plaintext_bytes : 0) {
  if (bytes_ == 0) return;
  std::unique_lock lock(blobs_.mutex_);
  blobs_.changed_.wait(lock,
                       [this] { return blobs_.held_ == 0 || blobs_.held_ + bytes_ <= kMostBytes; });
  blobs_.held_ += bytes_;
}

HugeBlobs::Room::~Room() {
  if (bytes_ == 0) return;
  const std::lock_guard lock(blobs_.mutex_);
  blobs_.held_ -= bytes_;
  blobs_.changed_.notify_all();
}

}  // namespace snapfs
