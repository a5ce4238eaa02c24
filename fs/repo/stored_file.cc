#include "fs/repo/stored_file.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "fs/crypto/sha256.h"

namespace snapfs {
namespace {

/// What is larger is only read into memory when it has been seen to be what its name says.
constexpr std::uint64_t kReadUnseen = std::uint64_t{64} << 20;

Id digest_in_pieces(Backend& backend, const FileKey& key, std::uint64_t size,
                    const StopToken& stop) {
  constexpr std::uint64_t kPieceBytes = 4 << 20;
  Sha256 digest;
  for (std::uint64_t begin = 0; begin < size; begin += kPieceBytes) {
    digest.update(backend.load(key, ByteRange{begin, std::min(kPieceBytes, size - begin)}, stop));
  }
  return digest.finish();
}

/// Whether a file that is too large to be read unseen is another than its name says.
bool is_large_and_wrong(Backend& backend, const FileKey& key, const StopToken& stop) {
  if (max_stored_bytes(key.kind) <= kReadUnseen) return false;
  const std::uint64_t size = backend.size(key, stop).value_or(0);
  const bool unseen = size > kReadUnseen && size <= max_stored_bytes(key.kind);
  return unseen && digest_in_pieces(backend, key, size, stop) != key.id;
}

}  // namespace

Bytes load_verified(Backend& backend, const FileKey& key, const StopToken& stop) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (is_large_and_wrong(backend, key, stop)) continue;
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
