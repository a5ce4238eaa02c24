// The inner search of the chunker: the first place in a run of bytes where the fingerprint of the
// last 64 says "cut". Several implementations of one pure function, chosen at run time; the scalar
// one is the reference that all others are compared with. Minimum and maximum sizes are not here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "archiver/chunk/chunker_tables.h"

namespace snapfs {

/// A cut is where the low 20 bits of the fingerprint are zero.
inline constexpr std::uint64_t kSplitMask = (std::uint64_t{1} << 20) - 1;

/// The smallest n in [from, to) for which F(bytes[n − 64 … n − 1]) & kSplitMask is 0, or `to`.
/// Requires from > 64 when from < to; reads nothing outside bytes[from − 65 … to − 2].
/// Keeps no state; thread-safe.
using CutFinder = std::size_t (*)(const ChunkerTables& tables, const std::uint8_t* bytes,
                                  std::size_t from, std::size_t to);

/// The reference: one byte after another, as FORMAT §8.2 words it.
std::size_t find_cut_scalar(const ChunkerTables& tables, const std::uint8_t* bytes,
                            std::size_t from, std::size_t to);

/// Four strips at a time on the ordinary units. Runs on every processor.
std::size_t find_cut_strips(const ChunkerTables& tables, const std::uint8_t* bytes,
                            std::size_t from, std::size_t to);

/// Thirty-two strips at a time with AVX2; null where this processor, or the architecture the
/// program was built for, has not got it.
CutFinder avx2_cut_finder();

/// Sixty-four strips at a time with AVX-512 and GFNI; null where this processor, or the
/// architecture the program was built for, has not got them.
CutFinder gfni_cut_finder();

struct NamedCutFinder {
  std::string_view name;
  CutFinder find;
};

/// What this processor can run; the reference first, the fastest last.
std::span<const NamedCutFinder> cut_finders();

/// The fastest of cut_finders().
CutFinder best_cut_finder();

}  // namespace snapfs
