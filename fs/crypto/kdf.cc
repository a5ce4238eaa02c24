// OpenSSL cannot be told to end a derivation. So one that may have to end early runs in a thread of
// its own, and whoever is told to stop leaves it to itself: it shares what it works on with nobody
// but this file, and ends with the process.
#include "fs/crypto/kdf.h"

#include <bit>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "fs/base/blocked_signals.h"
#include "fs/base/error.h"
#include "fs/crypto/secret_heap.h"

namespace snapfs {
namespace {

constexpr std::uint64_t kMemoryLimit = std::uint64_t{1} << 31;

// The reference stays within 60 MiB, other programs that make its keys within 128 MiB.
constexpr std::uint64_t kCustomaryMemory = std::uint64_t{256} << 20;

// In blocks of 128 bytes. Half a second of the fastest machines there are is a fifth of it.
constexpr std::uint64_t kCustomaryWork = std::uint64_t{1} << 25;

/// What is derived, and from what. A value that owns all of it.
struct Derivation {
  SecureBytes password;
  Bytes salt;
  ScryptParameters parameters;
  SecureBytes secret{Keys::kSize};
  bool succeeded = false;

  void run() {
    // OpenSSL's took 0.7 of the time of libsodium's. `valid` has bounded the memory.
    succeeded = ::EVP_PBE_scrypt(as_text(password.view()).data(), password.view().size(),
                                 salt.data(), salt.size(), parameters.n, parameters.r, parameters.p,
                                 SIZE_MAX, secret.view().data(), secret.view().size()) == 1;
  }
};

/// A derivation in a thread that nobody needs to wait for.
class BackgroundDerivation {
 public:
  /// Throws std::system_error when there is no thread to be had.
  explicit BackgroundDerivation(Derivation&& derivation)
      : shared_(std::make_shared<Shared>(std::move(derivation))) {
    const BlockedSignals blocked;
    std::thread([shared = shared_] {
      shared->derivation.run();
      // What OpenSSL keeps for a thread goes now: who waits may end the process before this ends.
      ::OPENSSL_thread_stop();
      const std::lock_guard lock(shared->mutex);
      shared->finished = true;
      shared->changed.notify_all();
    }).detach();
  }

  /// Throws Error{kCancelled} when `stop` is requested first.
  Derivation& wait(const StopToken& stop) {
    std::unique_lock lock(shared_->mutex);
    if (!shared_->changed.wait(lock, stop, [&] { return shared_->finished; })) {
      throw cancelled_error();
    }
    return shared_->derivation;
  }

 private:
  struct Shared {
    explicit Shared(Derivation&& work) : derivation(std::move(work)) {}

    Derivation derivation;
    std::mutex mutex;
    std::condition_variable_any changed;
    bool finished = false;  ///< under the mutex
  };

  std::shared_ptr<Shared> shared_;
};

Keys keys_of(Derivation& derivation) {
  if (derivation.succeeded) return Keys(std::move(derivation.secret));
  throw Error(ErrorCode::kOutOfResources,
              "the key cannot be derived: not enough memory, or parameters that this program "
              "cannot use");
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
  Derivation derivation{SecureBytes::copy_of(password), Bytes(salt.begin(), salt.end()),
                        parameters};
  if (stop.stop_possible()) {
    throw_if_stopped(stop);
    BackgroundDerivation background(std::move(derivation));
    return keys_of(background.wait(stop));
  }
  derivation.run();
  return keys_of(derivation);
}

void keep_crypto_to_the_end() noexcept {
  use_secret_heap();
#ifdef SNAPFS_STATIC
  // The system's may name modules, which were made for the system's OpenSSL.
  constexpr std::uint64_t kConfiguration = OPENSSL_INIT_NO_LOAD_CONFIG;
#else
  constexpr std::uint64_t kConfiguration = 0;
#endif
  ::OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT | kConfiguration, nullptr);
}

}  // namespace snapfs
