#include "fs/crypto/calibrate_scrypt.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace snapfs {
namespace {

std::chrono::nanoseconds time_once(const ScryptParameters& parameters) {
  constexpr std::array<std::uint8_t, 64> salt{};
  const auto start = std::chrono::steady_clock::now();
  derive_keys(as_bytes("calibration"), salt, parameters, {});
  return std::chrono::steady_clock::now() - start;
}

}  // namespace

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
