// Hashes for tables in memory, by a secret of this process. For keys that whoever wrote a
// repository may choose: with a hash that is known to all, they could send all of them to one
// bucket. It differs from run to run, so nothing stored may depend on it, nor on the order of a
// hash table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace snapfs {

__extension__ using HashWord = unsigned __int128;
inline constexpr std::size_t kMaxHashedWords = 8;
using HashKey = std::array<HashWord, kMaxHashedWords + 1>;

/// From the kernel's randomness; where it has none, a constant, which is right all the same.
HashKey random_hash_key() noexcept;

/// Inline, so that it is there before whatever else is set up statically behind this header.
inline const HashKey kHashKey = random_hash_key();

/// Multilinear hashing: for any two different inputs, whoever chose them, the results are uniform
/// and independent of each other as long as the key is (Lemire, Kaser: Strongly universal string
/// hashing is fast, 2014). Multiplications that need not wait for each other. Two results must not
/// be added or multiplied to make one of a larger key: the function is linear, so the words belong
/// into one call.
template <std::size_t N>
std::size_t keyed_hash(const std::array<std::uint64_t, N>& words) noexcept {
  static_assert(N <= kMaxHashedWords);
  HashWord sum = kHashKey[kMaxHashedWords];
  for (std::size_t i = 0; i < N; ++i) sum += kHashKey[i] * words[i];
  return static_cast<std::size_t>(sum >> 64);
}

}  // namespace snapfs
