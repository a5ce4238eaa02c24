// The search in thirty-two strips at a time, for processors with AVX2; elsewhere this file compiles
// to a function that says no.
//
// It goes as the one with GFNI does (cut_gfni.cc), digests side by side with their bytes in
// registers of their own. Without an instruction that multiplies by a bit matrix, a product is the
// sum of two look-ups, one for each half of the byte: VPSHUFB looks thirty-two up at once in a
// table of sixteen.
#include "archiver/chunk/cut_finder.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <bit>
#include <utility>

#include "archiver/chunk/strip_groups.h"
#endif

namespace snapfs {

#if defined(__x86_64__)

namespace {

// Only what carries this may use the extension: nothing that is shared with the rest of the program
// is compiled for it.
#define SNAPFS_AVX2 __attribute__((target("avx2")))
#define SNAPFS_AVX2_INLINE SNAPFS_AVX2 __attribute__((always_inline)) inline

constexpr std::size_t kStrips = 32;
constexpr std::size_t kBlock = kStripBlock;  // bytes of each strip that are transposed at once
static_assert(kBlock == kChunkWindow, "the block before is what leaves the window");

constexpr std::size_t kDigestBytes = FingerprintMatrices::kDigestBytes;

/// Sixty-four bytes of each strip: row j holds byte j of all, in the strips' order.
struct alignas(32) Block {
  __m256i row[kBlock];
};

/// Register pairs at `distance`: the lower halves of their 128-bit lanes, byte by byte in turn,
/// and the upper halves.
template <std::size_t distance, std::size_t count>
SNAPFS_AVX2_INLINE void interleave_bytes(__m256i (&r)[count]) {
#pragma GCC unroll 8
  for (std::size_t i = 0; i < count; ++i) {
    if ((i & distance) != 0) continue;
    const __m256i low = _mm256_unpacklo_epi8(r[i], r[i + distance]);
    r[i + distance] = _mm256_unpackhi_epi8(r[i], r[i + distance]);
    r[i] = low;
  }
}

/// The lower lanes of two registers, and the upper ones.
SNAPFS_AVX2_INLINE void divide_lanes(__m256i& a, __m256i& b) {
  const __m256i lower = _mm256_permute2x128_si256(a, b, 0x20);
  b = _mm256_permute2x128_si256(a, b, 0x31);
  a = lower;
}

/// Where the registers of one group stand among thirty-two, in either half of transpose_half().
constexpr std::size_t scattered(std::size_t outer, std::size_t inner) {
  return (outer >> 1) << 4 | inner << 1 | (outer & 1);
}

/// Each stage exchanges one bit of a register's number with one bit of a byte's position: three
/// stages on groups of eight registers, and with the groups formed crosswise two more.
SNAPFS_AVX2_INLINE void transpose_half(const std::uint8_t* bytes, std::size_t stride,
                                       __m256i* rows) {
  __m256i half[4][8];
  for (std::size_t outer = 0; outer < 4; ++outer) {
    __m256i r[8];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) {
      const std::uint8_t* const from = bytes + scattered(outer, i) * stride;
      r[i] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    }
    interleave_bytes<4>(r);
    interleave_bytes<2>(r);
    interleave_bytes<1>(r);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) half[outer][i] = r[i];
  }
  for (std::size_t inner = 0; inner < 8; ++inner) {
    __m256i r[4] = {half[0][inner], half[1][inner], half[2][inner], half[3][inner]};
    interleave_bytes<1>(r);
    divide_lanes(r[0], r[2]);
    divide_lanes(r[1], r[3]);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) rows[scattered(i, inner)] = r[i];
  }
}

SNAPFS_AVX2_INLINE void transpose(const std::uint8_t* bytes, std::size_t stride, Block& block) {
  transpose_half(bytes, stride, block.row);
  transpose_half(bytes + kStrips, stride, block.row + kStrips);
}

/// By the digest's byte: what each value of a byte's lower and of its upper half adds to it.
struct HalfTables {
  __m256i low[kDigestBytes];
  __m256i high[kDigestBytes];
};

/// `images` is what a byte adds to the digest; bits above the digest are left out.
SNAPFS_AVX2 void make(const ChunkerTables::Table& images, HalfTables& tables) {
  for (std::size_t k = 0; k < kDigestBytes; ++k) {
    alignas(16) std::uint8_t low[16];
    alignas(16) std::uint8_t high[16];
    for (std::size_t value = 0; value < 16; ++value) {
      const auto byte_of = [k](std::uint64_t digest) {
        return static_cast<std::uint8_t>(digest << FingerprintMatrices::kShift >> (8 * k));
      };
      low[value] = byte_of(images[value]);
      high[value] = byte_of(images[value << 4]);
    }
    tables.low[k] = _mm256_broadcastsi128_si256(*reinterpret_cast<const __m128i*>(low));
    tables.high[k] = _mm256_broadcastsi128_si256(*reinterpret_cast<const __m128i*>(high));
  }
}

struct AllTables {
  HalfTables mod;
  HalfTables out;
};

/// The halves of thirty-two bytes, each below sixteen.
struct Halves {
  __m256i low;
  __m256i high;
};

SNAPFS_AVX2_INLINE Halves halves(__m256i bytes) {
  const __m256i mask = _mm256_set1_epi8(0x0f);
  return {_mm256_and_si256(bytes, mask), _mm256_and_si256(_mm256_srli_epi16(bytes, 4), mask)};
}

SNAPFS_AVX2_INLINE __m256i product(const HalfTables& tables, std::size_t k, const Halves& bytes) {
  return _mm256_xor_si256(_mm256_shuffle_epi8(tables.low[k], bytes.low),
                          _mm256_shuffle_epi8(tables.high[k], bytes.high));
}

/// Adds `coming` to the digest's two lowest bytes, shifted up by FingerprintMatrices::kShift.
SNAPFS_AVX2_INLINE void add(__m256i (&digest)[kDigestBytes], __m256i coming) {
  const __m256i upper_five = _mm256_set1_epi8(static_cast<char>(0xf8));
  const __m256i lower_three = _mm256_set1_epi8(0x07);
  const __m256i lowest = _mm256_and_si256(_mm256_slli_epi16(coming, 3), upper_five);
  const __m256i second = _mm256_and_si256(_mm256_srli_epi16(coming, 5), lower_three);
  digest[0] = _mm256_xor_si256(digest[0], lowest);
  digest[1] = _mm256_xor_si256(digest[1], second);
}

/// `coming` enters the window of each strip; while the window fills, nothing leaves.
SNAPFS_AVX2_INLINE void push(__m256i (&digest)[kDigestBytes], const AllTables& tables,
                             __m256i coming) {
  const Halves top = halves(digest[6]);
#pragma GCC unroll 8
  for (std::size_t k = 6; k > 0; --k) {
    digest[k] = _mm256_xor_si256(digest[k - 1], product(tables.mod, k, top));
  }
  digest[0] = product(tables.mod, 0, top);
  add(digest, coming);
}

/// `coming` enters, `leaving` leaves.
SNAPFS_AVX2_INLINE void slide(__m256i (&digest)[kDigestBytes], const AllTables& tables,
                              __m256i coming, __m256i leaving) {
  const Halves out = halves(leaving);
  push(digest, tables, coming);
#pragma GCC unroll 8
  for (std::size_t k = 0; k < kDigestBytes; ++k) {
    digest[k] = _mm256_xor_si256(digest[k], product(tables.out, k, out));
  }
}

/// A byte is zero where the strip's digest has all bits of kSplitMask clear: with the shift by
/// three they are in the two lowest bytes and in seven bits of the third.
SNAPFS_AVX2_INLINE __m256i split_bits(const __m256i (&digest)[kDigestBytes]) {
  static_assert(kSplitMask << FingerprintMatrices::kShift == 0x7ffff8);
  const __m256i third = _mm256_and_si256(digest[2], _mm256_set1_epi8(0x7f));
  return _mm256_or_si256(_mm256_or_si256(digest[0], digest[1]), third);
}

/// The strip of the first cut among the lengths [n, n + kStrips · strip_length), or kStrips.
SNAPFS_AVX2 std::size_t first_strip_with_a_cut(const AllTables& tables, const std::uint8_t* bytes,
                                               std::size_t n, std::size_t strip_length) {
  __m256i digest[kDigestBytes];
#pragma GCC unroll 8
  for (__m256i& byte : digest) byte = _mm256_setzero_si256();
  // Length n is tested after byte n − 1 has come in, so the first byte to slide in is that one.
  const std::uint8_t* const in = bytes + n - 1;
  Block blocks[2];
  Block* before = &blocks[0];
  Block* current = &blocks[1];
  transpose(in - kChunkWindow, strip_length, *before);
  for (const __m256i& coming : before->row) push(digest, tables, coming);

  __m256i least = _mm256_set1_epi8(-1);
  for (std::size_t i = 0; i < strip_length; i += kBlock) {
    transpose(in + i, strip_length, *current);
    for (std::size_t j = 0; j < kBlock; ++j) {
      slide(digest, tables, current->row[j], before->row[j]);
      least = _mm256_min_epu8(least, split_bits(digest));
    }
    std::swap(before, current);
  }
  const __m256i hits = _mm256_cmpeq_epi8(least, _mm256_setzero_si256());
  const auto mask = static_cast<std::uint32_t>(_mm256_movemask_epi8(hits));
  // SHA instructions with dirty upper halves behind them run many times slower.
  _mm256_zeroupper();
  return static_cast<std::size_t>(std::countr_zero(mask));
}

SNAPFS_AVX2 std::size_t find_cut_avx2(const ChunkerTables& tables, const std::uint8_t* bytes,
                                      std::size_t from, std::size_t to) {
  AllTables all;
  make(tables.mod(), all.mod);
  make(tables.out_shifted(), all.out);
  _mm256_zeroupper();
  const auto search = [&](std::size_t n, std::size_t strip_length) {
    return first_strip_with_a_cut(all, bytes, n, strip_length);
  };
  return find_cut_in_groups(tables, bytes, from, to, kStrips, search);
}

}  // namespace

CutFinder avx2_cut_finder() {
  __builtin_cpu_init();
  // This asks whether the system saves the registers, too.
  return __builtin_cpu_supports("avx2") != 0 ? find_cut_avx2 : nullptr;
}

#else

CutFinder avx2_cut_finder() { return nullptr; }

#endif

}  // namespace snapfs
