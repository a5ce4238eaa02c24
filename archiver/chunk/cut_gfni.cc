// The search in sixty-four strips at a time, for processors with AVX-512 and GFNI; elsewhere this
// file compiles to a function that says no.
//
// Shifting a digest by a byte is multiplying it by x^8 modulo P, and taking the window's oldest
// byte b out is adding b · x^512 modulo P. Both are linear over GF(2), so the look-ups in tables
// are products with constant bit matrices. A digest of 53 bits, shifted up by three, has seven
// bytes; the top one is what the next shift pushes out. With sixty-four digests side by side,
// digest[k] holding byte k of all of them, one step is
//
//   digest[k] = digest[k − 1] + MOD_k · digest[6] + OUT_k · leaving + IN_k · coming
//
// where MOD_k, OUT_k and IN_k are 8 × 8 matrices, + is XOR, and GF2P8AFFINEQB multiplies
// sixty-four bytes at once. The bytes must stand side by side too, one of each strip, which a
// transposition of 64 × 64 bytes brings about.
#include "archiver/chunk/cut_finder.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <bit>
#include <utility>

#include "archiver/chunk/strip_groups.h"

#if !defined(__clang__)
// GCC 12 takes the undefined operands in its own header for a mistake (GCC bug 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#endif

namespace snapfs {

#if defined(__x86_64__)

namespace {

// Only what carries this may use the extensions: nothing that is shared with the rest of the
// program is compiled for them.
#define SNAPFS_GFNI __attribute__((target("avx512f,avx512bw,gfni")))
#define SNAPFS_GFNI_INLINE SNAPFS_GFNI __attribute__((always_inline)) inline

constexpr std::size_t kStrips = 64;
constexpr std::size_t kBlock = kStripBlock;  // bytes of each strip that are transposed at once
static_assert(kBlock == kChunkWindow, "the block before is what leaves the window");

constexpr std::size_t kDigestBytes = FingerprintMatrices::kDigestBytes;

/// Sixty-four bytes of each strip: row j holds byte j of all, in the strips' order.
struct alignas(64) Block {
  __m512i row[kBlock];
};

/// Register pairs at `distance`: the lower halves of their 128-bit lanes, byte by byte in turn,
/// and the upper halves.
template <std::size_t distance>
SNAPFS_GFNI_INLINE void interleave_bytes(__m512i (&r)[8]) {
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) {
    if ((i & distance) != 0) continue;
    const __m512i low = _mm512_unpacklo_epi8(r[i], r[i + distance]);
    r[i + distance] = _mm512_unpackhi_epi8(r[i], r[i + distance]);
    r[i] = low;
  }
}

/// The same with whole lanes: the even ones of both registers, and the odd ones.
template <std::size_t distance>
SNAPFS_GFNI_INLINE void divide_lanes(__m512i (&r)[8]) {
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) {
    if ((i & distance) != 0) continue;
    const __m512i even = _mm512_shuffle_i64x2(r[i], r[i + distance], 0x88);
    r[i + distance] = _mm512_shuffle_i64x2(r[i], r[i + distance], 0xdd);
    r[i] = even;
  }
}

/// Where the registers of one group of eight stand among sixty-four, in either half of transpose().
constexpr std::size_t scattered(std::size_t outer, std::size_t inner) {
  return (outer >> 1) << 4 | inner << 1 | (outer & 1);
}

/// Each stage exchanges one bit of a register's number with one bit of a byte's position: three
/// stages on groups of eight registers, and with the groups formed crosswise three more.
SNAPFS_GFNI_INLINE void transpose(const std::uint8_t* bytes, std::size_t stride, Block& block) {
  __m512i half[8][8];
  for (std::size_t outer = 0; outer < 8; ++outer) {
    __m512i r[8];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) {
      r[i] = _mm512_loadu_si512(bytes + scattered(outer, i) * stride);
    }
    interleave_bytes<4>(r);
    interleave_bytes<2>(r);
    interleave_bytes<1>(r);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) half[outer][i] = r[i];
  }
  for (std::size_t inner = 0; inner < 8; ++inner) {
    __m512i r[8];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) r[i] = half[i][inner];
    interleave_bytes<1>(r);
    divide_lanes<2>(r);
    divide_lanes<4>(r);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) block.row[scattered(i, inner)] = r[i];
  }
}

/// The matrices, each in all eight places of a register.
struct Matrices {
  __m512i mod[kDigestBytes];
  __m512i out[kDigestBytes];
  __m512i in[FingerprintMatrices::kComingBytes];
};

SNAPFS_GFNI_INLINE __m512i product(__m512i bytes, __m512i matrix) {
  return _mm512_gf2p8affine_epi64_epi8(bytes, matrix, 0);
}

SNAPFS_GFNI_INLINE __m512i sum(__m512i a, __m512i b, __m512i c) {
  return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}

/// `coming` enters the window of each strip; while the window fills, nothing leaves.
SNAPFS_GFNI_INLINE void push(__m512i (&digest)[kDigestBytes], const Matrices& m, __m512i coming) {
  const __m512i top = digest[6];
#pragma GCC unroll 8
  for (std::size_t k = 6; k > 0; --k) {
    digest[k] = _mm512_xor_si512(digest[k - 1], product(top, m.mod[k]));
  }
  digest[1] = _mm512_xor_si512(digest[1], product(coming, m.in[1]));
  digest[0] = _mm512_xor_si512(product(top, m.mod[0]), product(coming, m.in[0]));
}

/// `coming` enters, `leaving` leaves.
SNAPFS_GFNI_INLINE void slide(__m512i (&digest)[kDigestBytes], const Matrices& m, __m512i coming,
                              __m512i leaving) {
  const __m512i top = digest[6];
#pragma GCC unroll 8
  for (std::size_t k = 6; k > 0; --k) {
    digest[k] = sum(digest[k - 1], product(top, m.mod[k]), product(leaving, m.out[k]));
  }
  digest[1] = _mm512_xor_si512(digest[1], product(coming, m.in[1]));
  digest[0] = sum(product(top, m.mod[0]), product(leaving, m.out[0]), product(coming, m.in[0]));
}

/// A byte is zero where the strip's digest has all bits of kSplitMask clear: with the shift by
/// three they are in the two lowest bytes and in seven bits of the third.
SNAPFS_GFNI_INLINE __m512i split_bits(const __m512i (&digest)[kDigestBytes]) {
  static_assert(kSplitMask << FingerprintMatrices::kShift == 0x7ffff8);
  const __m512i low = _mm512_or_si512(digest[0], digest[1]);
  return _mm512_ternarylogic_epi64(low, digest[2], _mm512_set1_epi8(0x7f), 0xf8);  // a | (b & c)
}

/// The strip of the first cut among the lengths [n, n + kStrips · strip_length), or kStrips.
SNAPFS_GFNI std::size_t first_strip_with_a_cut(const FingerprintMatrices& matrices,
                                               const std::uint8_t* bytes, std::size_t n,
                                               std::size_t strip_length) {
  Matrices m;
#pragma GCC unroll 8
  for (std::size_t k = 0; k < kDigestBytes; ++k) {
    m.mod[k] = _mm512_set1_epi64(static_cast<long long>(matrices.mod()[k]));
    m.out[k] = _mm512_set1_epi64(static_cast<long long>(matrices.out()[k]));
  }
  m.in[0] = _mm512_set1_epi64(static_cast<long long>(matrices.in()[0]));
  m.in[1] = _mm512_set1_epi64(static_cast<long long>(matrices.in()[1]));

  __m512i digest[kDigestBytes];
#pragma GCC unroll 8
  for (__m512i& byte : digest) byte = _mm512_setzero_si512();
  // Length n is tested after byte n − 1 has come in, so the first byte to slide in is that one.
  const std::uint8_t* const in = bytes + n - 1;
  Block blocks[2];
  Block* before = &blocks[0];
  Block* current = &blocks[1];
  transpose(in - kChunkWindow, strip_length, *before);
  for (const __m512i& coming : before->row) push(digest, m, coming);

  __m512i least = _mm512_set1_epi8(-1);
  for (std::size_t i = 0; i < strip_length; i += kBlock) {
    transpose(in + i, strip_length, *current);
#pragma GCC unroll 2
    for (std::size_t j = 0; j < kBlock; ++j) {
      slide(digest, m, current->row[j], before->row[j]);
      least = _mm512_min_epu8(least, split_bits(digest));
    }
    std::swap(before, current);
  }
  const std::uint64_t hits = _mm512_testn_epi8_mask(least, least);
  // SHA instructions with dirty upper halves behind them run many times slower.
  _mm256_zeroupper();
  return static_cast<std::size_t>(std::countr_zero(hits));
}

std::size_t find_cut_gfni(const ChunkerTables& tables, const std::uint8_t* bytes, std::size_t from,
                          std::size_t to) {
  const auto search = [&](std::size_t n, std::size_t strip_length) {
    return first_strip_with_a_cut(tables.matrices(), bytes, n, strip_length);
  };
  return find_cut_in_groups(tables, bytes, from, to, kStrips, search);
}

}  // namespace

CutFinder gfni_cut_finder() {
  // These ask whether the system saves the registers, too.
  __builtin_cpu_init();
  const bool usable = __builtin_cpu_supports("avx512f") != 0 &&
                      __builtin_cpu_supports("avx512bw") != 0 &&
                      __builtin_cpu_supports("gfni") != 0;
  return usable ? find_cut_gfni : nullptr;
}

#else

CutFinder gfni_cut_finder() { return nullptr; }

#endif

}  // namespace snapfs
