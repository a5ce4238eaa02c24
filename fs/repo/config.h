// The repository's config file (FORMAT §4).
#pragma once

#include <string>

#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/repo/polynomial.h"

namespace snapfs {

struct Config {
  static constexpr unsigned kMinVersion = 1;
  static constexpr unsigned kMaxVersion = 2;

  unsigned version = kMaxVersion;
  Id id;
  Polynomial chunker_polynomial;

  /// A new repository's: random ID and polynomial.
  static Config create(unsigned version);
};

/// The plaintext of the file: one line of JSON without a newline.
std::string encode_config(const Config& config);

/// Throws Error{kDamaged} for text that is not a config or whose polynomial is reducible,
/// Error{kUnsupported} for another version.
Config parse_config(ByteView json);

}  // namespace snapfs
