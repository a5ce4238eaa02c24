#include "fs/crypto/secure_memory.h"

#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstring>

#include "fs/base/error.h"
#include "fs/crypto/sodium_init.h"

namespace snapfs {

void ensure_sodium() {
  static const int status = ::sodium_init();
  if (status < 0) throw Error(ErrorCode::kInternal, "libsodium cannot be initialised");
}

SecureBytes::SecureBytes(std::size_t size) : size_(size) {
  ensure_sodium();
  data_ = static_cast<std::uint8_t*>(::sodium_malloc(size));
  if (data_ == nullptr) {
    throw Error(ErrorCode::kOutOfResources,
                "no locked memory for a secret; raise the limit with ulimit -l");
  }
  std::memset(data_, 0, size);
}

SecureBytes SecureBytes::copy_of(ByteView secret) {
  SecureBytes copy(secret.size());
  if (!secret.empty()) std::memcpy(copy.data_, secret.data(), secret.size());
  return copy;
}

SecureBytes::~SecureBytes() { ::sodium_free(data_); }

void forbid_core_dumps() noexcept {
  rlimit limit{};
  ::getrlimit(RLIMIT_CORE, &limit);
  // 1 and not 0: where dumps go to a program, the kernel obeys no other limit (core(5)).
  limit.rlim_cur = std::min<rlim_t>(1, limit.rlim_max);
  ::setrlimit(RLIMIT_CORE, &limit);
  // Nor do others of the same user read its memory, by ptrace(2) or below /proc.
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void wipe(MutByteView secret) noexcept { ::sodium_memzero(secret.data(), secret.size()); }

}  // namespace snapfs
