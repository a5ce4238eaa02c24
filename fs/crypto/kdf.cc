#include "fs/crypto/kdf.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include <openssl/evp.h>

#include "fs/base/error.h"

namespace snapfs {
namespace {

constexpr std::uint64_t kMemoryLimit = std::uint64_t{1} << 31;

std::chrono::nanoseconds time_once(const ScryptParameters& parameters) {
  constexpr std::array<std::uint8_t, 64> salt{};
  const auto start = std::chrono::steady_clock::now();
  derive_keys(as_bytes("calibration"), salt, parameters);
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

Keys derive_keys(ByteView password, ByteView salt, const ScryptParameters& parameters) {
  if (!parameters.valid()) {
    throw Error(ErrorCode::kDamaged, "a key file's scrypt parameters are out of range");
  }
  SecureBytes secret(Keys::kSize);
  // OpenSSL's took 0.7 of the time of libsodium's. `valid` has bounded the memory.
  const int success = ::EVP_PBE_scrypt(as_text(password).data(), password.size(), salt.data(),
                                       salt.size(), parameters.n, parameters.r, parameters.p,
                                       SIZE_MAX, secret.view().data(), secret.view().size());
  if (success != 1)
    throw Error(ErrorCode::kOutOfResources,
                "the key cannot be derived: not enough memory, or parameters that "
                "this program cannot use");
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
