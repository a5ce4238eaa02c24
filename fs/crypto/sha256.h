// SHA-256: the name of every blob and every file.
#pragma once

#include <memory>

#include "fs/base/bytes.h"
#include "fs/base/id.h"

namespace snapfs {

/// The digest of `bytes`. Thread-safe.
Id sha256(ByteView bytes);

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
