// The repository's config file (FORMAT §4).
#pragma once

#include <string>

#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/crypto/keys.h"
#include "fs/format/polynomial.h"

namespace snapfs {

struct Config {
  static constexpr unsigned kMinVersion = 1;
  static constexpr unsigned kMaxVersion = 2;

  unsigned version = kMaxVersion;
  Id id;
  Polynomial chunker_polynomial;

  /// Nothing may be removed or replaced: a field of rustic's.
  bool append_only = false;

  /// The fields that other programs have in it, append_only among them, as they stand in the text:
  /// they are kept.
  std::string others = {};

  /// A new repository's: random ID and polynomial.
  static Config create(unsigned version);
};

/// The plaintext of the file: one line of JSON without a newline.
std::string encode_config(const Config& config);

/// Throws Error{kDamaged} for text that is not a config or whose polynomial is reducible,
/// Error{kUnsupported} for another version, and for the hot part of a repository in two parts.
Config parse_config(ByteView json);

/// The file as it is stored, sealed and opened again: without it nothing in the repository can be
/// read. Error{kInternal} when it does not open to the same.
Bytes seal_config(const Config& config, const Keys& master);

/// The config in a stored file. Throws Error{kDamaged} when it is not one of these keys', and what
/// parse_config throws.
Config open_config(ByteView stored, const Keys& master);

}  // namespace snapfs
