#include "fs/crypto/kdf.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "fs/base/error.h"
#include "fs/crypto/scrypt.h"

namespace snapfs {
namespace {

constexpr std::uint64_t kMemoryLimit = std::uint64_t{1} << 31;

// The reference stays within 60 MiB, other programs that make its keys within 128 MiB.
constexpr std::uint64_t kCustomaryMemory = std::uint64_t{256} << 20;

// In blocks of 128 bytes. Half a second of the fastest machines there are is a fifth of it.
constexpr std::uint64_t kCustomaryWork = std::uint64_t{1} << 25;

std::chrono::nanoseconds time_once(const ScryptParameters& parameters) {
  constexpr std::array<std::uint8_t, 64> salt{};
  const auto start = std::chrono::steady_clock::now();
  derive_keys(as_bytes("calibration"), salt, parameters, {});
  return std::chrono::steady_clock::now() - start;
}

}  // namespace

bool ScryptParameters::valid() const noexcept {
  if (n < 2 || !std::has_single_bit(n) || r < 1 || p < 1) return false;
  if (n >= kMemoryLimit || r >= kMemoryLimit || p >= kMemoryLimit) return false;
  const std::uint64_t rp = std::uint64_t{r} * p;
  // Every factor is below 2^31 here, so no product below overflows before its own check.
  return rp < (std::uint64_t{1} << 30) && 128 * std::uint64_t{r} < kMemoryLimit &&
         128 * std::uint64_t{r} * n < kMemoryLimit && 128 * rp < kMemoryLimit;
}

bool ScryptParameters::customary() const noexcept {
  // No product of valid parameters overflows.
  return memory() <= kCustomaryMemory && n * r * p <= kCustomaryWork;
}

Keys derive_keys(ByteView password, ByteView salt, const ScryptParameters& parameters,
                 const StopToken& stop) {
  if (!parameters.valid()) {
    throw Error(ErrorCode::kDamaged, "a key file's scrypt parameters are out of range");
  }
  SecureBytes secret(Keys::kSize);
  scrypt(password, salt, parameters, secret.view(), stop);
  return Keys(std::move(secret));
}

ScryptParameters calibrate_scrypt(std::chrono::milliseconds target) {
  ScryptParameters parameters;  // 32 MiB: the largest power of two within the 60 MiB allowed
  std::chrono::nanoseconds once = time_once(parameters);
  while (once > target && parameters.n > 1024) {
    parameters.n /= 2;
    once = time_once(parameters);
  }
  const auto runs = std::max<std::int64_t>(
      1, std::chrono::nanoseconds(target) / std::max(once, std::chrono::nanoseconds(1)));
  parameters.p = static_cast<std::uint32_t>(std::min<std::int64_t>(runs, 64));
  return parameters;
}

}  // namespace snapfs
