// What a storage is good at: the figures from which readers and writers choose how much they ask of
// it at once. None of them is a promise, and memory stays bounded by bytes whatever they say.
#pragma once

#include <cstdint>

namespace snapfs {

struct StorageTraits {
  unsigned requests = 1;        ///< that may usefully be under way at once; at least 1
  unsigned pack_transfers = 1;  ///< whole packs that may usefully be under way at once; at least 1

  /// Bytes between two wanted ranges that are better read than left out: about what arrives during
  /// a round trip.
  std::uint64_t gap_worth_reading = 128 << 10;
  std::uint64_t longest_run = 2 << 20;  ///< bytes that are worth one request, wanted ones and gaps

  /// Whether a save that fails leaves what was there, and nothing under the name when nothing was.
  bool saves_atomically = true;
  bool lists_in_one_request = true;  ///< or one for every thousand files or so
};

}  // namespace snapfs
