// Memory for secrets: locked (never swapped), left out of core dumps, between guard pages, wiped
// when freed.
#pragma once

#include <cstddef>
#include <utility>

#include "fs/base/bytes.h"

namespace snapfs {

/// A fixed-size secret. Movable, never copied silently.
class SecureBytes {
 public:
  SecureBytes() = default;
  /// Zero-filled. Throws Error{kOutOfResources} when no memory can be had.
  explicit SecureBytes(std::size_t size);
  /// A locked copy of `secret`; the caller wipes the original.
  static SecureBytes copy_of(ByteView secret);

  SecureBytes(SecureBytes&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  SecureBytes& operator=(SecureBytes&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~SecureBytes();

  MutByteView view() noexcept { return {data_, size_}; }
  ByteView view() const noexcept { return {data_, size_}; }

 private:
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

/// From now on the process leaves no core dump, and other processes of its user can neither trace
/// it nor read its memory. What is in use is in ordinary memory for moments, content above all.
void forbid_core_dumps() noexcept;

/// Overwrites a secret that had to live in ordinary memory.
void wipe(MutByteView secret) noexcept;

}  // namespace snapfs
