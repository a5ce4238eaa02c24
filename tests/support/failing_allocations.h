// Memory that runs out when a test wants it to. Linking failing_allocations.cc replaces the
// program's operator new; what C libraries take from malloc themselves always succeeds.
#pragma once

#include <cstddef>

namespace snapfs::test {

/// All functions are thread-safe, and about the whole program. At first nothing fails.
struct FailingAllocations {
  /// One allocation fails, after `count` more that succeed; none does when it is negative.
  static void fail_after(long count) noexcept;

  /// How many are left until that one; negative when it has failed, or none is to.
  static long remaining() noexcept;

  /// Every allocation of more than `bytes` fails.
  static void fail_above(std::size_t bytes) noexcept;

  /// From now on all succeed. Returns how many were left until the one of `fail_after`; negative
  /// when that has failed.
  static long end() noexcept;
};

}  // namespace snapfs::test
