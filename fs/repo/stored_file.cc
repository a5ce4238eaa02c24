#include "fs/repo/stored_file.h"

#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "fs/crypto/sha256.h"

namespace snapfs {

Bytes load_verified(Backend& backend, const FileKey& key, const StopToken& stop) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    Bytes stored = backend.load(key, std::nullopt, stop);
    if (sha256(stored) == key.id) return stored;
  }
  throw Error(ErrorCode::kDamaged,
              fmt::format("{} in {} is damaged: its content does not match its name", describe(key),
                          backend.location()),
              key.id.hex());
}

std::string about(const Error& error, const FileKey& key) {
  const std::string_view words = error.what();
  const std::string file = describe(key);
  return words.starts_with(file) ? std::string(words) : fmt::format("{}: {}", file, words);
}

void rethrow_about(const Error& error, const FileKey& key) {
  throw Error(error.code(), about(error, key),
              key.kind == FileKind::kConfig ? path_of(key) : key.id.hex());
}

}  // namespace snapfs
