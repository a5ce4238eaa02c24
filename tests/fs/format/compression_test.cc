// zstd frames as other writers make them, and frames that would fill the memory.
#include "fs/format/compression.h"

#include <zstd.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::from_hex;
using test::to_bytes;

Bytes decompress(ByteView frames, std::uint64_t limit) {
  Compressor compressor(CompressionMode::kAuto);
  Bytes out = to_bytes("before");
  compressor.decompress(frames, out, limit);
  EXPECT_EQ(as_text(ByteView(out).first(6)), "before");
  return {out.begin() + 6, out.end()};
}

/// A frame without its content's size, as a stream writes it.
Bytes frame_of_unknown_size(ByteView plain, bool checksum) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                     ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 0);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, checksum ? 1 : 0);
  Bytes frame(ZSTD_compressBound(plain.size()));
  frame.resize(
      ZSTD_compress2(context.get(), frame.data(), frame.size(), plain.data(), plain.size()));
  return frame;
}

TEST(Compressor, PiecesMakeTheSameContent) {
  std::mt19937_64 random(7);
  Bytes content(300'000);
  for (std::uint8_t& byte : content) byte = static_cast<std::uint8_t>(random() % 7);
  for (const std::size_t piece : {std::size_t{1000}, std::size_t{70'000}, content.size()}) {
    Compressor compressor(CompressionMode::kAuto);
    Bytes frame;
    compressor.compress_pieces(
        [&](const ByteSink& sink) {
          for (std::size_t at = 0; at < content.size(); at += piece) {
            sink(ByteView(content).subspan(at, std::min(piece, content.size() - at)));
          }
        },
        frame);
    EXPECT_LT(frame.size(), content.size() / 2);
    EXPECT_EQ(decompress(frame, content.size()), content);
    Bytes read;
    const ByteSink gather = [&read](ByteView more) { append(read, more); };
    compressor.decompress_pieces(frame, gather, content.size());
    EXPECT_EQ(read, content);
    EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "more than", [&] {
      compressor.decompress_pieces(frame, gather, content.size() - 1);
    }));
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "cut off", [&] {
      compressor.decompress_pieces(ByteView(frame).first(frame.size() - 1), gather, 1 << 20);
    }));
  }
}

TEST(Compressor, RestoresEveryModeAndSize) {
  for (const auto mode : {CompressionMode::kOff, CompressionMode::kFastest, CompressionMode::kAuto,
                          CompressionMode::kBetter, CompressionMode::kMax}) {
    Compressor compressor(mode);
    for (const std::size_t size : {0, 1, 255, 256, 1025, 524'289}) {
      Bytes plain(size);
      for (std::size_t i = 0; i < size; ++i) plain[i] = static_cast<std::uint8_t>(i * i >> 7);
      Bytes frame;
      compressor.compress(plain, frame);
      EXPECT_EQ(ZSTD_getFrameContentSize(frame.data(), frame.size()), size);
      EXPECT_EQ(decompress(frame, size), plain);
    }
  }
}

TEST(Compressor, ReadsTheReferenceProgramsFrame) {
  EXPECT_EQ(as_text(decompress(from_hex("28b52ffd000019000068690a"), 3)), "hi\n");
}

TEST(Compressor, ReadsFramesOfUnknownSizeUpToTheLimitExactly) {
  Bytes plain(300'000);
  for (std::size_t i = 0; i < plain.size(); ++i) plain[i] = static_cast<std::uint8_t>(i / 100);
  for (const bool checksum : {false, true}) {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{1000}, plain.size()}) {
      const ByteView part = ByteView(plain).first(size);
      const Bytes frame = frame_of_unknown_size(part, checksum);
      EXPECT_TRUE(std::ranges::equal(decompress(frame, size), part));
      if (size == 0) continue;
      EXPECT_TRUE(
          fails_with(ErrorCode::kDamaged, "more content", [&] { decompress(frame, size - 1); }));
    }
  }
}

TEST(Compressor, ReadsSeveralFramesEvenWhenTheLastIsEmpty) {
  Bytes frames = frame_of_unknown_size(as_bytes("one "), true);
  append(frames, frame_of_unknown_size(as_bytes("two"), false));
  append(frames, frame_of_unknown_size({}, false));
  EXPECT_EQ(as_text(decompress(frames, 7)), "one two");
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [&] { decompress(frames, 6); }));
}

TEST(Compressor, RefusesDamagedFrames) {
  Bytes frame = frame_of_unknown_size(Bytes(5000, 'x'), true);
  for (std::size_t size = 0; size < frame.size(); ++size) {
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [&] {
      decompress(ByteView(frame).first(size), 10'000);
    })) << size;
  }
  Bytes trailing = frame;
  append(trailing, as_bytes("garbage"));
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [&] { decompress(trailing, 10'000); }));
  frame.back() ^= 1;  // its checksum
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [&] { decompress(frame, 10'000); }));
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [&] { decompress(as_bytes("no frame"), 10'000); }));
}

TEST(Compressor, StopsBombsAtTheLimit) {
  const Bytes bomb = frame_of_unknown_size(Bytes(64 << 20, 0), false);
  ASSERT_LT(bomb.size(), 10'000U);
  Compressor compressor(CompressionMode::kAuto);
  Bytes out;
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "more content",
                         [&] { compressor.decompress(bomb, out, 100'000); }));
  EXPECT_LE(out.capacity(), 300'000U);

  // A header that claims 2^60 bytes: magic, descriptor (8-byte size, single segment), the size.
  const Bytes claim = from_hex("28b52ffd e0 0000000000000010 010000");
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [&] { compressor.decompress(claim, out, 100'000); }));
  EXPECT_LE(out.capacity(), 300'000U);
}

TEST(Compressor, ReadsTheWindowsThatTheFormatHas) {
  // Magic, descriptor, window, a raw block that is the last: the content's size is not given.
  const Bytes largest = from_hex("28b52ffd 00 98 190000 68690a");  // 2^29 bytes
  EXPECT_EQ(as_text(decompress(largest, 3)), "hi\n");
  Compressor compressor(CompressionMode::kAuto);
  Bytes pieces;
  compressor.decompress_pieces(
      largest, [&](ByteView piece) { append(pieces, piece); }, 3);
  EXPECT_EQ(as_text(pieces), "hi\n");
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, [] {
    decompress(from_hex("28b52ffd 00 a0 190000 68690a"), 3);  // 2^30
  }));
}

TEST(Compressor, GivesNoRoomForWhatAFrameOnlyClaims) {
  constexpr std::uint64_t kLimit = UINT32_MAX;
  Compressor compressor(CompressionMode::kAuto);
  for (const std::string_view claim :
       {"28b52ffd a0 ffffffff 190000 68690a",                      // one raw block
        "28b52ffd a0 ffffffff 030040 00",                          // 512 KiB of zeros
        "28b52ffd e0 ffffffff00000000 020040 00 030040 00",        // twice
        "28b52ffd a0 ffffffff", "28b52ffd a0 ffffffff 050000"}) {  // no block; not all of it
    Bytes out;
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "claim",
                           [&] { compressor.decompress(from_hex(claim), out, kLimit); }));
    EXPECT_LE(out.capacity(), 1U << 20);
  }
  // What blocks can yield is believed.
  Bytes large(40 << 20, 0);
  large[1 << 20] = 1;
  Bytes frame;
  compressor.compress(large, frame);
  Bytes out;
  compressor.decompress(frame, out, kLimit);
  EXPECT_TRUE(out == large);
}

TEST(Compressor, MoreInPiecesThanAllowedIsNotDamage) {
  Compressor compressor(CompressionMode::kAuto);
  const Bytes frame = frame_of_unknown_size(Bytes(100'000, 0), false);
  std::size_t seen = 0;
  const auto sink = [&](ByteView piece) { seen += piece.size(); };
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "more than",
                         [&] { compressor.decompress_pieces(frame, sink, 99'999); }));
  EXPECT_LE(seen, 100'000U);
  EXPECT_NO_THROW(compressor.decompress_pieces(frame, sink, 100'000));
}

TEST(Compressor, WorksOnAfterAFailure) {
  Compressor compressor(CompressionMode::kAuto);
  Bytes frame;
  compressor.compress(as_bytes("text"), frame);
  Bytes out;
  EXPECT_THROW(compressor.decompress(ByteView(frame).first(frame.size() - 1), out, 100), Error);
  out.clear();
  compressor.decompress(frame, out, 100);
  EXPECT_EQ(as_text(out), "text");
}

TEST(CompressionMode, HasNames) {
  EXPECT_EQ(parse_compression_mode("off"), CompressionMode::kOff);
  EXPECT_EQ(parse_compression_mode("fastest"), CompressionMode::kFastest);
  EXPECT_EQ(parse_compression_mode("auto"), CompressionMode::kAuto);
  EXPECT_EQ(parse_compression_mode("better"), CompressionMode::kBetter);
  EXPECT_EQ(parse_compression_mode("max"), CompressionMode::kMax);
  EXPECT_EQ(parse_compression_mode("Auto"), std::nullopt);
  EXPECT_EQ(parse_compression_mode(""), std::nullopt);
}

}  // namespace
}  // namespace snapfs
