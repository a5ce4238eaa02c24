// A sealed blob is made in one buffer: the plaintext, or what the compressor makes of it, is put
// where the ciphertext belongs, encrypted in place, and gets its nonce in front and its tag behind.
// The buffers stay from blob to blob, up to 2 MiB, since clearing fresh pages costs as much as
// encrypting into them. Opening goes the other way and ends with the SHA-256: only bytes that have
// the blob's ID are handed out.
#include "fs/format/codec.h"

#include <algorithm>
#include <new>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/crypto/sha256.h"
#include "fs/format/older_config.h"
#include "fs/format/too_much_text.h"

namespace snapfs {
namespace {

/// The first plaintext byte of a compressed file (FORMAT §5.1).
constexpr std::uint8_t kZstdEncoding = 2;

/// Buffers up to this size are used again: fresh pages cost time. Few chunks are larger.
constexpr std::size_t kKeptBytes = 2 << 20;

void release_if_large(Bytes& buffer) {
  if (buffer.capacity() > kKeptBytes) Bytes().swap(buffer);
}

[[noreturn]] void throw_damaged(const BlobHandle& handle, std::string_view reason) {
  throw Error(ErrorCode::kDamaged,
              fmt::format("{} blob {} is damaged: {}", to_string(handle.type),
                          handle.id.short_hex(), reason),
              handle.id.hex());
}

}  // namespace

Codec::Codec(const Keys& keys, const CodecOptions& options)
    : options_(options), cipher_(keys), compressor_(options.compression) {}

const SealedBlob& Codec::seal_blob(const BlobHandle& handle, ByteView plain) {
  // Length 0 marks "not compressed", so an empty blob cannot be (FORMAT §5.2).
  const bool compress = compresses(handle.type) && !plain.empty();
  sealed_.handle = handle;
  sealed_.uncompressed_length = compress ? static_cast<std::uint32_t>(plain.size()) : 0;
  Bytes& message = sealed_.bytes;
  release_if_large(message);
  message.resize(Cipher::kNonceSize);
  if (compress) {
    compressor_.compress(plain, message);
  } else {
    append(message, plain);
  }
  return finish_sealing();
}

bool Codec::compresses(BlobType type) const noexcept {
  const bool wanted = type == BlobType::kTree || options_.compression != CompressionMode::kOff;
  return options_.version >= 2 && wanted;
}

const SealedBlob& Codec::seal_content(const BlobHandle& handle, ByteView content,
                                      std::uint32_t uncompressed_length) {
  sealed_.handle = handle;
  sealed_.uncompressed_length = uncompressed_length;
  release_if_large(sealed_.bytes);
  sealed_.bytes.resize(Cipher::kNonceSize);
  append(sealed_.bytes, content);
  return finish_sealing();
}

/// The content stands where it belongs, without nonce and tag.
const SealedBlob& Codec::finish_sealing() {
  Bytes& message = sealed_.bytes;
  const std::size_t content_size = message.size() - Cipher::kNonceSize;
  message.resize(message.size() + Cipher::kTagSize);
  cipher_.seal(ByteView(message).subspan(Cipher::kNonceSize, content_size), message);
  if (options_.verify) verify_sealed();
  return sealed_;
}

void Codec::verify_sealed() {
  try {
    if (sealed_.uncompressed_length > kKeptBytes) {
      verify_in_pieces();
    } else {
      open_blob_into(opened_, sealed_.handle, sealed_.bytes, sealed_.uncompressed_length);
    }
  } catch (const Error& error) {
    throw Error(
        ErrorCode::kInternal,
        fmt::format("a blob just sealed cannot be opened again ({}); memory or processor may "
                    "be faulty",
                    error.what()),
        sealed_.handle.id.hex());
  }
  release_if_large(opened_);
  release_if_large(decrypted_);
}

/// A tree can be so large that there should not be a second one of it.
void Codec::verify_in_pieces() {
  const BlobHandle& handle = sealed_.handle;
  decrypt(decrypted_, handle, sealed_.bytes);
  Sha256 digest;
  compressor_.decompress_pieces(
      decrypted_, [&digest](ByteView piece) { digest.update(piece); }, sealed_.uncompressed_length);
  if (digest.finish() != handle.id) throw_damaged(handle, "its content does not match its ID");
}

Bytes Codec::open_blob(const BlobHandle& handle, ByteView sealed,
                       std::uint32_t uncompressed_length) {
  Bytes plain;
  open_blob_into(plain, handle, sealed, uncompressed_length);
  return plain;
}

ByteView Codec::open_content(const BlobHandle& handle, ByteView sealed,
                             std::uint32_t uncompressed_length) {
  release_if_large(opened_);
  release_if_large(decrypted_);
  open_blob_into(opened_, handle, sealed, uncompressed_length);
  if (uncompressed_length == 0) return opened_;
  release_if_large(opened_);  // a codec that nobody uses would keep it
  return decrypted_;
}

void Codec::open_blob_into(Bytes& plain, const BlobHandle& handle, ByteView sealed,
                           std::uint32_t uncompressed_length) {
  if (sealed.size() < Cipher::kOverhead) throw_damaged(handle, "it is too short");
  require_possible(handle, sealed.size());
  try {
    decrypt_and_decompress(plain, handle, sealed, uncompressed_length);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnsupported) throw;
    throw Error(
        error.code(),
        fmt::format("{} blob {}: {}", to_string(handle.type), handle.id.short_hex(), error.what()),
        handle.id.hex());
  } catch (const std::bad_alloc&) {
    // Of this blob: others are smaller.
    throw Error(ErrorCode::kOutOfResources,
                fmt::format("not enough memory for {} blob {}, of {} bytes", to_string(handle.type),
                            handle.id.short_hex(),
                            std::max<std::uint64_t>(uncompressed_length, sealed.size())),
                handle.id.hex());
  }
  if (sha256(plain) != handle.id) throw_damaged(handle, "its content does not match its ID");
}

void Codec::decrypt_and_decompress(Bytes& plain, const BlobHandle& handle, ByteView sealed,
                                   std::uint32_t uncompressed_length) {
  Bytes& decrypted = uncompressed_length != 0 ? decrypted_ : plain;
  decrypt(decrypted, handle, sealed);
  if (uncompressed_length != 0) {
    plain.clear();
    const bool is_data = handle.type == BlobType::kData;
    if (is_data && uncompressed_length > kMaxDataBytes &&
        Compressor::claimed_size(decrypted).value_or(uncompressed_length) > kMaxDataBytes) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("it holds {} bytes, and this program takes {} at most",
                              uncompressed_length, kMaxDataBytes));
    }
    compressor_.decompress(decrypted, plain,
                           is_data ? std::min<std::uint64_t>(uncompressed_length, kMaxDataBytes)
                                   : uncompressed_length);
    if (plain.size() != uncompressed_length) throw_damaged(handle, "its length does not match");
  }
}

void Codec::decrypt(Bytes& plain, const BlobHandle& handle, ByteView sealed) {
  plain.resize(sealed.size() - Cipher::kOverhead);
  if (!cipher_.open(sealed, plain)) {
    throw_damaged(handle, "its authentication code does not match");
  }
}

Bytes Codec::seal_file(const ByteSource& produce) {
  Bytes encoded;
  if (options_.version < 2) {
    produce([&encoded](ByteView piece) { append(encoded, piece); });
  } else {
    encoded.push_back(kZstdEncoding);
    compressor_.compress_pieces(produce, encoded);
  }
  return seal_raw(encoded);
}

Bytes Codec::seal_file(ByteView json) {
  return seal_file([json](const ByteSink& sink) { sink(json); });
}

void Codec::open_file(ByteView stored, const ByteSink& sink, std::uint64_t limit_bytes) {
  const Bytes plain = open_raw(stored);
  if (options_.version < 2 && !plain.empty() && plain[0] == kZstdEncoding) {
    throw older_config_error();
  }
  if (options_.version < 2 || plain.empty() || plain[0] == '[' || plain[0] == '{') {
    if (plain.size() > limit_bytes) throw too_much_text(limit_bytes);
    sink(plain);
    return;
  }
  if (plain[0] != kZstdEncoding) {
    throw Error(
        ErrorCode::kUnsupported,
        fmt::format("a file has the unknown encoding {}; a newer program wrote it", plain[0]));
  }
  compressor_.decompress_pieces(ByteView(plain).subspan(1), sink, limit_bytes);
}

Bytes Codec::open_file(ByteView stored) {
  Bytes json;
  open_file(stored, [&json](ByteView piece) { append(json, piece); });
  return json;
}

Bytes Codec::seal_raw(ByteView plain) {
  Bytes sealed(plain.size() + Cipher::kOverhead);
  cipher_.seal(plain, sealed);
  return sealed;
}

Bytes Codec::open_raw(ByteView sealed) {
  if (sealed.size() < Cipher::kOverhead) {
    throw Error(ErrorCode::kDamaged, "a sealed message is too short");
  }
  Bytes plain(sealed.size() - Cipher::kOverhead);
  if (!cipher_.open(sealed, plain)) {
    throw Error(ErrorCode::kDamaged, "a sealed message's authentication code does not match");
  }
  return plain;
}

}  // namespace snapfs
