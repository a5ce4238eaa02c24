// Byte buffers and views: the currency between all layers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace snapfs {

/// An allocator whose default construction leaves memory as it is, so that growing a buffer that
/// is about to be overwritten does not fill it with zeros first.
template <class T>
class UninitializedAllocator : public std::allocator<T> {
 public:
  template <class U>
  struct rebind {
    using other = UninitializedAllocator<U>;
  };

  using std::allocator<T>::allocator;

  template <class U, class... Args>
  void construct(U* place, Args&&... args) {
    if constexpr (sizeof...(Args) == 0) {
      ::new (static_cast<void*>(place)) U;
    } else {
      ::new (static_cast<void*>(place)) U(std::forward<Args>(args)...);
    }
  }
};

/// An owning buffer. `resize` does not initialise the new bytes.
using Bytes = std::vector<std::uint8_t, UninitializedAllocator<std::uint8_t>>;

/// A borrowed, read-only run of bytes.
using ByteView = std::span<const std::uint8_t>;

/// A borrowed, writable run of bytes.
using MutByteView = std::span<std::uint8_t>;

/// The characters of `text` seen as bytes; valid as long as the text is.
inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The bytes seen as characters; valid as long as the bytes are.
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Appends `more`, which is no part of the buffer. Faster than insert, which goes through the
/// allocator byte by byte.
inline void append(Bytes& buffer, ByteView more) {
  if (more.empty()) return;
  const std::size_t before = buffer.size();
  if (buffer.capacity() - before < more.size()) {
    buffer.reserve(std::max(before + more.size(), buffer.capacity() * 2));
  }
  buffer.resize(before + more.size());
  std::memcpy(buffer.data() + before, more.data(), more.size());
}

/// A buffer of its own with the same bytes.
inline Bytes copy_of(ByteView bytes) {
  Bytes copy;
  append(copy, bytes);
  return copy;
}

inline void append(Bytes& buffer, std::string_view more) { append(buffer, as_bytes(more)); }

}  // namespace snapfs
