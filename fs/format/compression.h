// Blob and file compression: zstd frames as the format wants them (FORMAT §5.2, §5.3).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "fs/base/byte_sink.h"
#include "fs/base/bytes.h"

namespace snapfs {

/// What --compression takes. kOff leaves data blobs uncompressed; trees and files never are.
enum class CompressionMode : std::uint8_t { kOff, kFastest, kAuto, kBetter, kMax };

/// "off", "fastest", "auto", "better", "max".
std::optional<CompressionMode> parse_compression_mode(std::string_view text) noexcept;

/// Owns the library's contexts: not thread-safe, one a worker.
class Compressor {
 public:
  explicit Compressor(CompressionMode mode);
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  /// One frame with its content size and without a checksum, appended to `out`.
  void compress(ByteView plain, Bytes& out);

  /// One frame without a checksum, of all that `produce` gives the sink, appended to `out`.
  void compress_pieces(const ByteSource& produce, Bytes& out);

  /// Gives the frames' content to the sink in pieces. Throws Error{kUnsupported} for more than
  /// `limit_bytes`, otherwise as decompress does, and what the sink throws.
  void decompress_pieces(ByteView frames, const ByteSink& sink, std::uint64_t limit_bytes);

  /// Appends the frames' content to `out`. Throws Error{kDamaged} when they are malformed, or yield
  /// more than `limit_bytes`; Error{kUnsupported} when they want a window larger than the format
  /// has; std::bad_alloc.
  void decompress(ByteView frames, Bytes& out, std::uint64_t limit_bytes);

  /// What the first frame says that it holds, in bytes; 0 for what is no frame, nothing when it
  /// does not say.
  static std::optional<std::uint64_t> claimed_size(ByteView frames) noexcept;

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
};

}  // namespace snapfs
