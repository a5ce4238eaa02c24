// An implementation of libsodium's source of random numbers: splitmix64.
#include "tests/support/seeded_random.h"

#include <sodium.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>

namespace snapfs::test {
namespace {

std::atomic<std::uint64_t> state{0};

std::uint64_t next() {
  constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;
  std::uint64_t mixed = state.fetch_add(kStep) + kStep;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

void fill(void* out, std::size_t size) {
  auto* at = static_cast<unsigned char*>(out);
  while (size > 0) {
    const std::uint64_t bits = next();
    const std::size_t count = std::min(size, sizeof(bits));
    std::memcpy(at, &bits, count);
    at += count;
    size -= count;
  }
}

randombytes_implementation seeded{
    .implementation_name = [] { return "seeded"; },
    .random = [] { return static_cast<std::uint32_t>(next()); },
    .stir = nullptr,
    .uniform = nullptr,
    .buf = fill,
    .close = nullptr,
};

}  // namespace

void seed_random(std::uint64_t seed) {
  state = seed;
  randombytes_set_implementation(&seeded);
}

}  // namespace snapfs::test
