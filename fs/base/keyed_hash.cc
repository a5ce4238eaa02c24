#include "fs/base/keyed_hash.h"

#include <sys/random.h>

#include <cerrno>

namespace snapfs {

HashKey random_hash_key() noexcept {
  HashKey key;
  key.fill(HashWord{0x9e3779b97f4a7c15U} << 64 | 0xbf58476d1ce4e5b9U);
  while (::getrandom(key.data(), sizeof key, 0) < 0 && errno == EINTR) {
  }
  return key;
}

}  // namespace snapfs
