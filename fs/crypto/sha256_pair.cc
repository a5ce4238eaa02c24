// Two SHA-256 digests at once with the processor's SHA instructions. One message's rounds form a
// chain in which each instruction waits for the one before; a second message fills the gaps. A
// single message is no faster here than in OpenSSL and stays there.
#include <array>

#include "fs/crypto/sha256.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#include <algorithm>
#include <cstring>
#endif

namespace snapfs {

#if defined(__x86_64__)

namespace {

#define SNAPFS_SHA __attribute__((target("avx,sha")))

constexpr std::size_t kBlock = 64;
constexpr std::size_t kLengthField = 8;

using State = std::array<std::uint32_t, 8>;

/// FIPS 180-4 §5.3.3.
constexpr State kInitial = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                            0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/// FIPS 180-4 §4.2.2.
alignas(64) constexpr std::uint32_t kRound[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/// A message on its way: how many whole blocks it has, and its end with the padding.
struct Message {
  explicit Message(ByteView message) : blocks(message.size() / kBlock) {
    const ByteView rest = message.subspan(blocks * kBlock);
    // One bit follows the message, then zeros up to its length in bits (FIPS 180-4 §5.1.1).
    if (!rest.empty()) std::memcpy(tail.data(), rest.data(), rest.size());
    tail[rest.size()] = 0x80;
    tail_blocks = rest.size() < kBlock - kLengthField ? 1 : 2;
    const std::uint64_t bits = __builtin_bswap64(std::uint64_t{message.size()} * 8);
    std::memcpy(tail.data() + tail_blocks * kBlock - kLengthField, &bits, sizeof bits);
  }

  Id digest() const {
    Id id;
    for (std::size_t i = 0; i < state.size(); ++i) {
      const std::uint32_t word = __builtin_bswap32(state[i]);
      std::memcpy(id.bytes.data() + i * sizeof word, &word, sizeof word);
    }
    return id;
  }

  std::size_t blocks;
  State state = kInitial;
  std::array<std::uint8_t, 2 * kBlock> tail{};
  std::size_t tail_blocks;
};

/// A state in the instructions' order: words a b e f in one register, c d g h in the other.
struct Registers {
  __m128i abef;
  __m128i cdgh;
};

SNAPFS_SHA inline __m128i load(const void* from) {
  return _mm_loadu_si128(static_cast<const __m128i*>(from));
}

SNAPFS_SHA inline Registers load_state(const State& state) {
  const __m128i badc = _mm_shuffle_epi32(load(state.data()), 0xb1);
  const __m128i hgfe = _mm_shuffle_epi32(load(state.data() + 4), 0x1b);
  return {_mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xf0)};
}

SNAPFS_SHA inline void store_state(const Registers& r, State& state) {
  const __m128i feba = _mm_shuffle_epi32(r.abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(r.cdgh, 0xb1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state.data()), _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state.data() + 4), _mm_alignr_epi8(dchg, feba, 8));
}

/// Rounds 4 · group to 4 · group + 3 of one block; `words` are the last sixteen of its schedule.
SNAPFS_SHA __attribute__((always_inline)) inline void four_rounds(std::size_t group, Registers& r,
                                                                  __m128i (&words)[4],
                                                                  const std::uint8_t* block) {
  if (group < 4) {
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    words[group] = _mm_shuffle_epi8(load(block + 16 * group), big_endian);
  }
  const __m128i current = words[group % 4];
  __m128i& before = words[(group + 3) % 4];
  __m128i& after = words[(group + 1) % 4];
  const __m128i input = _mm_add_epi32(current, load(kRound + 4 * group));
  r.cdgh = _mm_sha256rnds2_epu32(r.cdgh, r.abef, input);
  if (group >= 3 && group < 15) {
    after = _mm_add_epi32(after, _mm_alignr_epi8(current, before, 4));
    after = _mm_sha256msg2_epu32(after, current);
  }
  r.abef = _mm_sha256rnds2_epu32(r.abef, r.cdgh, _mm_shuffle_epi32(input, 0x0e));
  if (group >= 1 && group < 13) before = _mm_sha256msg1_epu32(before, current);
}

/// Takes `blocks` blocks of each message in.
template <std::size_t count>
SNAPFS_SHA void compress(State* const (&states)[count], const std::uint8_t* (&next)[count],
                         std::size_t blocks) {
  // The SHA instructions keep the registers' upper halves; when these are in use elsewhere, each
  // one waits for them and everything takes many times as long.
  _mm256_zeroupper();
  Registers r[count];
  for (std::size_t m = 0; m < count; ++m) r[m] = load_state(*states[m]);
  for (; blocks > 0; --blocks) {
    __m128i words[count][4];
    Registers before[count];
    for (std::size_t m = 0; m < count; ++m) before[m] = r[m];
#pragma GCC unroll 16
    for (std::size_t group = 0; group < 16; ++group) {
#pragma GCC unroll 2
      for (std::size_t m = 0; m < count; ++m) four_rounds(group, r[m], words[m], next[m]);
    }
    for (std::size_t m = 0; m < count; ++m) {
      r[m].abef = _mm_add_epi32(r[m].abef, before[m].abef);
      r[m].cdgh = _mm_add_epi32(r[m].cdgh, before[m].cdgh);
      next[m] += kBlock;
    }
  }
  for (std::size_t m = 0; m < count; ++m) store_state(r[m], *states[m]);
}

/// Whole blocks to be taken into a state.
struct Run {
  State& state;
  const std::uint8_t* bytes;
  std::size_t blocks;
};

/// Both at once while both last, then the rest of the longer one.
void compress_both(const Run& a, const Run& b) {
  const std::size_t common = std::min(a.blocks, b.blocks);
  const std::uint8_t* next[] = {a.bytes, b.bytes};
  compress<2>({&a.state, &b.state}, next, common);
  const bool a_is_longer = a.blocks > b.blocks;
  const std::uint8_t* rest[] = {next[a_is_longer ? 0 : 1]};
  compress<1>({a_is_longer ? &a.state : &b.state}, rest, std::max(a.blocks, b.blocks) - common);
}

std::array<Id, 2> sha256_pair_interleaved(ByteView first, ByteView second) {
  Message a(first);
  Message b(second);
  compress_both({a.state, first.data(), a.blocks}, {b.state, second.data(), b.blocks});
  compress_both({a.state, a.tail.data(), a.tail_blocks}, {b.state, b.tail.data(), b.tail_blocks});
  return {a.digest(), b.digest()};
}

bool processor_has_sha() {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  __builtin_cpu_init();
  // Asks whether the system saves the registers, too; clang 14 does not know "sha" here.
  return __builtin_cpu_supports("avx") != 0 &&
         __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ebx & bit_SHA) != 0;
}

}  // namespace

bool sha256_pair_is_interleaved() {
  static const bool interleaved = processor_has_sha();
  return interleaved;
}

std::array<Id, 2> sha256_pair(ByteView first, ByteView second) {
  if (sha256_pair_is_interleaved()) return sha256_pair_interleaved(first, second);
  return {sha256(first), sha256(second)};
}

#else

bool sha256_pair_is_interleaved() { return false; }

std::array<Id, 2> sha256_pair(ByteView first, ByteView second) {
  return {sha256(first), sha256(second)};
}

#endif

}  // namespace snapfs
