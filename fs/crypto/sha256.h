// SHA-256: the name of every blob and every file.
#pragma once

#include <array>
#include <memory>

#include "fs/base/bytes.h"
#include "fs/base/id.h"

namespace snapfs {

/// The digest of `bytes`. Thread-safe.
Id sha256(ByteView bytes);

/// The digests of two messages. With interleaving it takes about two thirds of the time of two
/// calls of sha256() while both last; what one is longer goes at the ordinary speed. Thread-safe.
std::array<Id, 2> sha256_pair(ByteView first, ByteView second);

/// Whether this processor interleaves them: if not, there is no gain in pairs.
bool sha256_pair_is_interleaved();

/// A digest over bytes that come in pieces. Not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(ByteView bytes);

  /// The digest of everything seen; the object then starts afresh.
  Id finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace snapfs
