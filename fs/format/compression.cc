// How much memory is taken for a frame depends on what it claims to hold, and a hostile one claims
// anything. A claim of more than 16 MiB is believed only as far as the headers of the frame's
// blocks allow, which bound the content without decompressing it. The room is a byte larger than
// the limit, so that more content than there may be shows instead of being cut off.
#include "fs/format/compression.h"

#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <new>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/format/huge_blob.h"
#include "fs/format/too_much_text.h"

namespace snapfs {
namespace {

// Level 3 with tables that stay in the second-level cache: on programs, libraries and text a fifth
// faster than the level's own tables of 2^17 and 2^16 entries, for 1.3 % more bytes. Blobs that fit
// the first table's reach keep the level's parameters for their size.
constexpr int kDefaultLevel = 3;
constexpr std::size_t kLargeBlob = 256 << 10;
constexpr int kLargeBlobLongHashLog = 16;
constexpr int kLargeBlobShortHashLog = 14;

/// What passes through at a time where content comes in pieces; on the stack.
constexpr std::size_t kPieceBytes = 16 << 10;

/// The library's level for a mode. With kOff it serves trees and files, which are compressed
/// anyway.
int level_of(CompressionMode mode) {
  switch (mode) {
    case CompressionMode::kFastest:
      return 1;
    case CompressionMode::kBetter:
      return 7;
    case CompressionMode::kMax:
      return 12;
    case CompressionMode::kOff:
    case CompressionMode::kAuto:
      break;
  }
  return kDefaultLevel;
}

/// The largest window that the format has (FORMAT §5.2).
constexpr int kLargestWindowLog = 29;

template <auto Free>
struct ZstdDeleter {
  template <class T>
  void operator()(T* context) const noexcept {
    Free(context);
  }
};

[[noreturn]] void throw_damaged(const char* reason) {
  throw Error(ErrorCode::kDamaged, fmt::format("compressed bytes are damaged: {}", reason));
}

/// What the library cannot do on this machine says nothing about the bytes.
void require_memory(std::size_t result) {
  if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation) throw std::bad_alloc();
}

void require_decompressed(std::size_t result) {
  if (ZSTD_isError(result) == 0) return;
  require_memory(result);
  switch (ZSTD_getErrorCode(result)) {
    case ZSTD_error_version_unsupported:
    case ZSTD_error_frameParameter_unsupported:
    case ZSTD_error_frameParameter_windowTooLarge:
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("compressed bytes need more than this program can do: {}",
                              ZSTD_getErrorName(result)));
    default:
      throw_damaged(ZSTD_getErrorName(result));
  }
}

void require_compressed(std::size_t result) {
  if (ZSTD_isError(result) == 0) return;
  require_memory(result);
  throw Error(ErrorCode::kInternal, fmt::format("cannot compress: {}", ZSTD_getErrorName(result)));
}

/// Appends to `out` what the compressor makes of a piece.
void feed(ZSTD_CCtx* context, ByteView piece, ZSTD_EndDirective directive, Bytes& out) {
  std::array<std::uint8_t, kPieceBytes> buffer;
  ZSTD_inBuffer input{piece.data(), piece.size(), 0};
  for (bool done = false; !done;) {
    ZSTD_outBuffer output{buffer.data(), buffer.size(), 0};
    const std::size_t left = ZSTD_compressStream2(context, &output, &input, directive);
    require_compressed(left);
    append(out, ByteView(buffer).first(output.pos));
    done = directive == ZSTD_e_end ? left == 0 : input.pos == input.size;
  }
}

/// As much as a first frame that claims so much is believed.
constexpr std::uint64_t kBelievedBytes = 16 << 20;

/// What the first frame can yield at most, by the headers of its blocks (RFC 8878 §3.1.1): what it
/// claims may be anything. Ends where the bytes do.
std::uint64_t most_content(ByteView frame) {
  constexpr std::uint64_t kLargestBlock = 128 << 10;
  constexpr std::size_t kBlockHeader = 3;
  constexpr std::array<std::size_t, 4> kDictionaryIdBytes{0, 1, 2, 4};
  constexpr std::array<std::size_t, 4> kContentSizeBytes{0, 2, 4, 8};
  if (frame.size() < 5) return 0;
  const unsigned descriptor = frame[4];
  const bool single_segment = (descriptor & 0x20) != 0;
  const std::size_t size_field = descriptor >> 6;
  std::uint64_t place = 5 + kDictionaryIdBytes[descriptor & 3] + kContentSizeBytes[size_field];
  if (!single_segment) ++place;                    // the window
  if (single_segment && size_field == 0) ++place;  // a size of one byte
  std::uint64_t total = 0;
  for (bool last = false; !last && place + kBlockHeader <= frame.size();) {
    const std::uint32_t header =
        frame[place] | frame[place + 1] << 8 | std::uint32_t{frame[place + 2]} << 16;
    const std::uint32_t size = header >> 3;
    const std::uint32_t type = header >> 1 & 3;
    last = (header & 1) != 0;
    total += type == 2 ? kLargestBlock : std::min<std::uint64_t>(size, kLargestBlock);
    place += kBlockHeader + (type == 1 ? 1 : size);  // 1: one byte, repeated
  }
  return total;
}

/// Text that is held as a whole is a tree's, as large as its directory, and tells something of
/// every node: that of 300,000 empty files whose names are numbers is 155 times as long as at its
/// best compressed. Only a sparse file's can be more: its list of equal blobs is 88 MiB for 10 TiB.
/// A few kilobytes that hold more than 29 TiB would need are there to take memory. Who seals a blob
/// opens it again, so that none is stored that would be refused.
void require_plausible(std::uint64_t content_bytes, std::uint64_t compressed_bytes) {
  constexpr std::uint64_t kUnsuspected = std::uint64_t{256} << 20;
  constexpr std::uint64_t kMostTimes = 4096;
  if (content_bytes <= kUnsuspected || content_bytes / kMostTimes <= compressed_bytes) return;
  throw Error(ErrorCode::kUnsupported,
              fmt::format("{} compressed bytes claim to hold {} MiB, more than text can be",
                          compressed_bytes, content_bytes >> 20));
}

/// How much room the content will probably need, and a byte more: only content beyond the limit can
/// fill room for limit + 1 bytes.
std::uint64_t first_capacity(ByteView frames, std::uint64_t limit_bytes) {
  const unsigned long long size = ZSTD_getFrameContentSize(frames.data(), frames.size());
  if (size == ZSTD_CONTENTSIZE_ERROR) throw_damaged("not a zstd frame");
  const bool is_known = size != ZSTD_CONTENTSIZE_UNKNOWN;
  if (is_known && size > limit_bytes) throw_damaged("there is more content than expected");
  const std::uint64_t guess =
      is_known ? size : std::min<std::uint64_t>(frames.size() * 4 + 256, limit_bytes);
  if (guess > kBelievedBytes && guess > most_content(frames)) {
    throw_damaged("they claim more content than there can be");
  }
  require_plausible(guess, frames.size());
  return guess + 1;
}

}  // namespace

std::optional<CompressionMode> parse_compression_mode(std::string_view text) noexcept {
  if (text == "off") return CompressionMode::kOff;
  if (text == "fastest") return CompressionMode::kFastest;
  if (text == "auto") return CompressionMode::kAuto;
  if (text == "better") return CompressionMode::kBetter;
  if (text == "max") return CompressionMode::kMax;
  return std::nullopt;
}

/// Made when they are wanted first: most workers only read. A context fits itself to what it is
/// given, up and, after a while, down again. Two keep it from doing so between every file and every
/// chunk: what it lets go are pages to be cleared again.
struct Compressor::Contexts {
  using Compress = std::unique_ptr<ZSTD_CCtx, ZstdDeleter<ZSTD_freeCCtx>>;
  using Decompress = std::unique_ptr<ZSTD_DCtx, ZstdDeleter<ZSTD_freeDCtx>>;

  const int level;
  Compress small;
  Compress large;
  Decompress decompress;

  explicit Contexts(int level) : level(level) {}

  /// For up to kLargeBlob bytes.
  ZSTD_CCtx* for_small() {
    if (!small) small = make();
    return small.get();
  }

  /// For more, and for content whose size shows at its end.
  ZSTD_CCtx* for_large() {
    if (!large) {
      large = make();
      if (level == kDefaultLevel) {
        ZSTD_CCtx_setParameter(large.get(), ZSTD_c_hashLog, kLargeBlobLongHashLog);
        ZSTD_CCtx_setParameter(large.get(), ZSTD_c_chainLog, kLargeBlobShortHashLog);
      }
    }
    return large.get();
  }

  /// Ready for the next frames. A window that was large is not kept for good.
  ZSTD_DCtx* decompressor() {
    constexpr std::size_t kKeptBytes = 16 << 20;
    if (decompress && ZSTD_sizeof_DCtx(decompress.get()) <= kKeptBytes) {
      ZSTD_DCtx_reset(decompress.get(), ZSTD_reset_session_only);
      return decompress.get();
    }
    decompress.reset(ZSTD_createDCtx());
    if (!decompress) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(decompress.get(), ZSTD_d_windowLogMax, kLargestWindowLog);
    return decompress.get();
  }

 private:
  Compress make() const {
    Compress context{ZSTD_createCCtx()};
    if (!context) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
    return context;
  }
};

Compressor::Compressor(CompressionMode mode)
    : contexts_(std::make_unique<Contexts>(level_of(mode))) {}

Compressor::~Compressor() = default;

void Compressor::compress(ByteView plain, Bytes& out) {
  if (plain.size() > kHugeBlob) {  // no second buffer, in case nothing comes of compressing it
    ZSTD_CCtx* const context = contexts_->for_large();
    ZSTD_CCtx_reset(context, ZSTD_reset_session_only);
    require_compressed(ZSTD_CCtx_setPledgedSrcSize(context, plain.size()));
    return feed(context, plain, ZSTD_e_end, out);
  }
  const std::size_t before = out.size();
  out.resize(before + ZSTD_compressBound(plain.size()));
  const bool is_large = plain.size() > kLargeBlob;
  ZSTD_CCtx* const context = is_large ? contexts_->for_large() : contexts_->for_small();
  const std::size_t size =
      ZSTD_compress2(context, out.data() + before, out.size() - before, plain.data(), plain.size());
  require_compressed(size);
  out.resize(before + size);
}

void Compressor::compress_pieces(const ByteSource& produce, Bytes& out) {
  ZSTD_CCtx* const context = contexts_->for_large();
  ZSTD_CCtx_reset(context, ZSTD_reset_session_only);
  produce([&](ByteView piece) { feed(context, piece, ZSTD_e_continue, out); });
  feed(context, {}, ZSTD_e_end, out);
}

std::optional<std::uint64_t> Compressor::claimed_size(ByteView frames) noexcept {
  const unsigned long long size = ZSTD_getFrameContentSize(frames.data(), frames.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN) return std::nullopt;
  return size == ZSTD_CONTENTSIZE_ERROR ? 0 : size;
}

void Compressor::decompress_pieces(ByteView frames, const ByteSink& sink,
                                   std::uint64_t limit_bytes) {
  ZSTD_DCtx* const context = contexts_->decompressor();
  std::array<std::uint8_t, kPieceBytes> buffer;
  ZSTD_inBuffer input{frames.data(), frames.size(), 0};
  std::uint64_t total = 0;
  for (std::size_t expected = 1; expected != 0 || input.pos < input.size;) {
    ZSTD_outBuffer output{buffer.data(), buffer.size(), 0};
    expected = ZSTD_decompressStream(context, &output, &input);
    require_decompressed(expected);
    total += output.pos;
    if (total > limit_bytes) throw too_much_text(limit_bytes);
    if (output.pos > 0) sink(ByteView(buffer).first(output.pos));
    const bool starved = input.pos == input.size && output.pos < output.size;
    if (starved && expected != 0) throw_damaged("a frame is cut off");
  }
}

void Compressor::decompress(ByteView frames, Bytes& out, std::uint64_t limit_bytes) {
  ZSTD_DCtx* context = contexts_->decompressor();
  const std::size_t before = out.size();
  // With room for the whole content the library decodes a frame in one pass, without a window. JSON
  // parsers want some bytes behind their text: a little more saves them a copy.
  constexpr std::size_t kParserPadding = 64;
  const std::size_t first = first_capacity(frames, limit_bytes);
  out.reserve(before + first + kParserPadding);
  out.resize(before + first);
  ZSTD_inBuffer input{frames.data(), frames.size(), 0};
  ZSTD_outBuffer output{out.data() + before, out.size() - before, 0};
  for (;;) {
    const std::size_t expected = ZSTD_decompressStream(context, &output, &input);
    require_decompressed(expected);
    const bool input_used = input.pos == input.size;
    if (output.pos > limit_bytes) throw_damaged("there is more content than expected");
    if (input_used && expected == 0) break;
    if (output.pos < output.size) {
      if (input_used) throw_damaged("a frame is cut off");
      continue;  // the next of several frames
    }
    const std::uint64_t room = std::min<std::uint64_t>(limit_bytes + 1, output.size * 2);
    require_plausible(room, frames.size());
    out.resize(before + room);
    output.dst = out.data() + before;
    output.size = out.size() - before;
  }
  out.resize(before + output.pos);
}

}  // namespace snapfs
