#include "fs/crypto/random.h"

#include <sodium.h>

#include "fs/crypto/sodium_init.h"

namespace snapfs {

void fill_random(MutByteView out) {
  ensure_sodium();
  ::randombytes_buf(out.data(), out.size());
}

std::uint32_t random_below(std::uint32_t bound) {
  ensure_sodium();
  return ::randombytes_uniform(bound);
}

}  // namespace snapfs
