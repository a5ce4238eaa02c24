// Plaintext to stored bytes and back, for blobs and for whole files: compression, sealing, and the
// check that what was sealed can be opened again (FORMAT §2.2, §5, §6).
#pragma once

#include "fs/base/byte_sink.h"
#include "fs/base/bytes.h"
#include "fs/crypto/cipher.h"
#include "fs/format/blob.h"
#include "fs/format/compression.h"

namespace snapfs {

/// How a repository's stored bytes are made.
struct CodecOptions {
  unsigned version = 2;
  CompressionMode compression = CompressionMode::kAuto;
  bool verify = true;  ///< open again what was sealed, before it is used
};

/// Not thread-safe: one a worker. The keys must outlive it.
class Codec {
 public:
  Codec(const Keys& keys, const CodecOptions& options);

  /// `plain`'s SHA-256 is handle.id. Valid until the next call: the buffer is used again, because
  /// pages cleared for a fresh one cost as much as encrypting into them. Throws Error{kInternal}
  /// when the verification fails.
  const SealedBlob& seal_blob(const BlobHandle& handle, ByteView plain);

  /// The plaintext, authenticated: the tag, the length and the SHA-256 are checked. Throws
  /// Error{kDamaged} when one does not match, Error{kUnsupported} for more content than
  /// any program stores as one blob, Error{kOutOfResources}. `uncompressed_length` 0 means stored
  /// uncompressed.
  Bytes open_blob(const BlobHandle& handle, ByteView sealed, std::uint32_t uncompressed_length);

  /// Checks all that open_blob checks, and returns what was sealed: the compressed frames, or the
  /// plaintext of a blob that is stored uncompressed. Valid until the next call.
  ByteView open_content(const BlobHandle& handle, ByteView sealed,
                        std::uint32_t uncompressed_length);

  /// Seals what some codec's open_content returned, without compressing it again. Valid until the
  /// next call. Throws as seal_blob does.
  const SealedBlob& seal_content(const BlobHandle& handle, ByteView content,
                                 std::uint32_t uncompressed_length);

  /// Whether seal_blob would compress such a blob, which is not empty.
  bool compresses(BlobType type) const noexcept;

  /// Whether a blob that is compressed may stay as it is: nobody asked for another compression.
  bool keeps_compressed() const noexcept {
    return options_.version >= 2 && options_.compression == CompressionMode::kAuto;
  }

  /// Index, snapshot and lock files (FORMAT §5.1). Their text may come, and go, in pieces, as index
  /// files are large. Error{kUnsupported} for more text than `limit_bytes`, or for an encoding that
  /// only newer programs know.
  Bytes seal_file(const ByteSource& produce);
  Bytes seal_file(ByteView json);
  void open_file(ByteView stored, const ByteSink& sink, std::uint64_t limit_bytes = kTextLimit);
  Bytes open_file(ByteView stored);

  /// Messages that are never compressed: config, pack headers, the digest of a copy of the index.
  Bytes seal_raw(ByteView plain);
  Bytes open_raw(ByteView sealed);

 private:
  static constexpr std::uint64_t kTextLimit = std::uint64_t{1} << 30;

  const SealedBlob& finish_sealing();
  void verify_sealed();
  void verify_in_pieces();
  void decrypt(Bytes& plain, const BlobHandle& handle, ByteView sealed);
  void open_blob_into(Bytes& plain, const BlobHandle& handle, ByteView sealed,
                      std::uint32_t uncompressed_length);
  void decrypt_and_decompress(Bytes& plain, const BlobHandle& handle, ByteView sealed,
                              std::uint32_t uncompressed_length);

  CodecOptions options_;
  Cipher cipher_;
  Compressor compressor_;
  SealedBlob sealed_;  // what seal_blob returns
  Bytes decrypted_;    // between decryption and decompression
  Bytes opened_;       // what verification makes of sealed_
};

}  // namespace snapfs
