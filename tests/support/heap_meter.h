// Counts what a test program has on its heap. Linking heap_meter.cc replaces the program's operator
// new and delete; what C libraries take from malloc themselves is not counted.
#pragma once

#include <cstddef>

namespace snapfs::test {

/// All functions are thread-safe; what they return is of the whole program.
struct HeapMeter {
  /// Blocks that were allocated and not yet freed.
  static std::size_t live_blocks() noexcept;

  /// Their bytes, with malloc's rounding.
  static std::size_t live_bytes() noexcept;

  /// Blocks that were ever allocated.
  static std::size_t allocations() noexcept;

  /// The most live bytes since the last `forget_peak`.
  static std::size_t peak_bytes() noexcept;
  static void forget_peak() noexcept;
};

}  // namespace snapfs::test
