// A block of Salsa20, 16 words in a square, is kept as its four diagonals: a quarter round then
// works on four columns at once, and only turns the vectors to come to the rows (D. J. Bernstein,
// "The Salsa20 family of stream ciphers", and what every vectorised implementation makes of it).
#include "fs/crypto/scrypt.h"

#include <sodium.h>

#include <array>
#include <bit>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

#include "fs/base/error.h"
#include "fs/crypto/kdf.h"
#include "fs/crypto/secure_memory.h"
#include "fs/crypto/sodium_init.h"

namespace snapfs {
namespace {

// ---- PBKDF2 with one iteration, which is all that scrypt uses: HMAC(password, salt ‖ number).

using Hmac = crypto_auth_hmacsha256_state;

void update(Hmac& hmac, ByteView bytes) {
  ::crypto_auth_hmacsha256_update(&hmac, bytes.data(), bytes.size());
}

/// Writes the parts from `number` on; `salted` has had the password and the salt.
void pbkdf2(const Hmac& salted, std::uint32_t number, MutByteView out) {
  std::array<std::uint8_t, crypto_auth_hmacsha256_BYTES> part{};
  for (; !out.empty(); ++number) {
    Hmac hmac = salted;
    const std::array<std::uint8_t, 4> count{
        static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16),
        static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
    update(hmac, count);
    ::crypto_auth_hmacsha256_final(&hmac, part.data());
    const std::size_t size = std::min(out.size(), part.size());
    std::copy_n(part.begin(), size, out.begin());
    out = out.subspan(size);
  }
  wipe(part);
}

// ---- Salsa20/8 and the mixing of blocks (RFC 7914 §3 to §5).

using Diagonal = std::uint32_t __attribute__((vector_size(16)));

constexpr std::size_t kBlockBytes = 64;
constexpr std::size_t kWords = kBlockBytes / sizeof(std::uint32_t);

struct Block {
  Diagonal d[4];

  Block& operator^=(const Block& other) noexcept {
    for (int i = 0; i < 4; ++i) d[i] ^= other.d[i];
    return *this;
  }
};

/// Where the diagonals have a word of the square.
constexpr std::size_t word_at(std::size_t place) { return place * 5 % kWords; }

template <int Bits>
Diagonal rotated(Diagonal value) noexcept {
  return value << Bits | value >> (32 - Bits);
}

void quarter_rounds(Diagonal& a, Diagonal& b, Diagonal& c, Diagonal& d) noexcept {
  b ^= rotated<7>(a + d);
  c ^= rotated<9>(b + a);
  d ^= rotated<13>(c + b);
  a ^= rotated<18>(d + c);
}

void salsa20_8(Block& block) noexcept {
  auto [a, b, c, d] = block.d;
  for (int round = 0; round < 8; round += 2) {
    quarter_rounds(a, b, c, d);
    b = __builtin_shufflevector(b, b, 3, 0, 1, 2);
    c = __builtin_shufflevector(c, c, 2, 3, 0, 1);
    d = __builtin_shufflevector(d, d, 1, 2, 3, 0);
    quarter_rounds(a, d, c, b);
    b = __builtin_shufflevector(b, b, 1, 2, 3, 0);
    c = __builtin_shufflevector(c, c, 2, 3, 0, 1);
    d = __builtin_shufflevector(d, d, 3, 0, 1, 2);
  }
  block.d[0] += a;
  block.d[1] += b;
  block.d[2] += c;
  block.d[3] += d;
}

/// Memory without values, wiped when it is given back.
class Blocks {
 public:
  explicit Blocks(std::size_t count) : count_(count) {
    // Not by the size's own alignment alone: a line of the cache is one block.
    first_ = static_cast<Block*>(std::aligned_alloc(kBlockBytes, count * sizeof(Block)));
    if (first_ == nullptr) {
      throw Error(ErrorCode::kOutOfResources, "not enough memory to derive the key");
    }
  }
  ~Blocks() {
    wipe({reinterpret_cast<std::uint8_t*>(first_), count_ * sizeof(Block)});
    std::free(first_);
  }
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;

  Block* get() const noexcept { return first_; }

 private:
  std::size_t count_;
  Block* first_;
};

/// Asks whether to stop, now and then.
class StopCheck {
 public:
  explicit StopCheck(const StopToken& stop) : stop_(stop) {}

  void after(std::size_t blocks) {
    done_ += blocks;
    if (done_ < kBlocksBetween) return;
    done_ = 0;
    throw_if_stopped(stop_);
  }

 private:
  static constexpr std::size_t kBlocksBetween = 1 << 16;  // some milliseconds

  const StopToken& stop_;
  std::size_t done_ = 0;
};

/// One lane: its blocks X and Y, and all the states that X went through.
class Lane {
 public:
  Lane(const ScryptParameters& parameters, const StopToken& stop)
      : n_(parameters.n),
        size_(std::size_t{2} * parameters.r),
        states_(size_ * n_),
        work_(size_ * 2),
        check_(stop) {}

  /// `bytes` are size_ blocks as the RFC has them.
  void mix(MutByteView bytes) {
    Block* x = work_.get();
    Block* y = x + size_;
    load(bytes, x);
    for (std::uint64_t i = 0; i < n_; ++i) {
      std::copy_n(x, size_, states_.get() + i * size_);
      mix_blocks(x, y);
      std::swap(x, y);
    }
    for (std::uint64_t i = 0; i < n_; ++i) {
      const Block* state = states_.get() + (integer_of(x) & (n_ - 1)) * size_;
      for (std::size_t k = 0; k < size_; ++k) x[k] ^= state[k];
      mix_blocks(x, y);
      std::swap(x, y);
    }
    store(x, bytes);
  }

 private:
  /// The even results come first, then the odd ones.
  void mix_blocks(const Block* in, Block* out) {
    Block block = in[size_ - 1];
    for (std::size_t k = 0; k < size_; ++k) {
      block ^= in[k];
      salsa20_8(block);
      out[k / 2 + (k % 2 == 0 ? 0 : size_ / 2)] = block;
      if (k % kBlocksBetweenChecks == kBlocksBetweenChecks - 1) check_.after(kBlocksBetweenChecks);
    }
    check_.after(size_ % kBlocksBetweenChecks);
  }

  std::uint64_t integer_of(const Block* x) const noexcept {
    const auto words = std::bit_cast<std::array<std::uint32_t, kWords>>(x[size_ - 1]);
    return std::uint64_t{words[13]} << 32 | words[0];  // words 1 and 0 of the square
  }

  void load(ByteView bytes, Block* x) const noexcept {
    for (std::size_t k = 0; k < size_; ++k, bytes = bytes.subspan(kBlockBytes)) {
      std::array<std::uint32_t, kWords> words{};
      for (std::size_t i = 0; i < kWords; ++i) {
        const std::uint8_t* from = bytes.data() + word_at(i) * 4;
        words[i] = from[0] | from[1] << 8 | from[2] << 16 | std::uint32_t{from[3]} << 24;
      }
      x[k] = std::bit_cast<Block>(words);
    }
  }

  void store(const Block* x, MutByteView bytes) const noexcept {
    for (std::size_t k = 0; k < size_; ++k, bytes = bytes.subspan(kBlockBytes)) {
      const auto words = std::bit_cast<std::array<std::uint32_t, kWords>>(x[k]);
      for (std::size_t i = 0; i < kWords; ++i) {
        std::uint8_t* to = bytes.data() + word_at(i) * 4;
        for (int byte = 0; byte < 4; ++byte)
          to[byte] = static_cast<std::uint8_t>(words[i] >> 8 * byte);
      }
    }
  }

  static constexpr std::size_t kBlocksBetweenChecks = 4096;

  std::uint64_t n_;
  std::size_t size_;
  Blocks states_;
  Blocks work_;
  StopCheck check_;
};

}  // namespace

void scrypt(ByteView password, ByteView salt, const ScryptParameters& parameters, MutByteView out,
            const StopToken& stop) {
  ensure_sodium();
  Hmac keyed;
  ::crypto_auth_hmacsha256_init(&keyed, password.data(), password.size());
  Hmac salted = keyed;
  update(salted, salt);
  // The lanes are made, mixed and taken into the last salt one by one: many of them need no more
  // memory than one.
  Hmac mixed = keyed;
  Bytes lane_bytes(std::size_t{128} * parameters.r);
  Lane lane(parameters, stop);
  constexpr std::size_t kPartBytes = crypto_auth_hmacsha256_BYTES;
  const std::size_t parts = lane_bytes.size() / kPartBytes;
  for (std::uint32_t i = 0; i < parameters.p; ++i) {
    throw_if_stopped(stop);
    pbkdf2(salted, static_cast<std::uint32_t>(i * parts + 1), lane_bytes);
    lane.mix(lane_bytes);
    update(mixed, lane_bytes);
  }
  pbkdf2(mixed, 1, out);
  wipe(lane_bytes);
}

}  // namespace snapfs
