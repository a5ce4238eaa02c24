// Blobs and files to stored bytes and back, in both versions and all modes of compression.
#include "fs/format/codec.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "fs/crypto/sha256.h"
#include "fs/format/compression.h"
#include "tests/support/fails_with.h"
#include "tests/support/real_repository.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::from_hex;
using test::to_bytes;

constexpr std::array kModes = {CompressionMode::kOff, CompressionMode::kFastest,
                               CompressionMode::kAuto, CompressionMode::kBetter,
                               CompressionMode::kMax};

BlobHandle handle_of(BlobType type, ByteView plain) { return {type, sha256(plain)}; }

TEST(Codec, CompressesWhatTheVersionAndModeSay) {
  const Keys keys = Keys::random();
  const Bytes text(2000, 'x');
  for (const unsigned version : {1U, 2U}) {
    for (const CompressionMode mode : kModes) {
      Codec codec(keys, {version, mode, true});
      for (const BlobType type : {BlobType::kData, BlobType::kTree}) {
        const BlobHandle handle = handle_of(type, text);
        const SealedBlob sealed = codec.seal_blob(handle, text);
        const bool compressed =
            version == 2 && (type == BlobType::kTree || mode != CompressionMode::kOff);
        EXPECT_EQ(sealed.handle, handle);
        EXPECT_EQ(sealed.uncompressed_length, compressed ? text.size() : 0);
        EXPECT_EQ(sealed.bytes.size() < text.size(), compressed);
        EXPECT_EQ(codec.open_blob(handle, sealed.bytes, sealed.uncompressed_length), text);
      }
    }
  }
}

TEST(Codec, NeverCompressesAnEmptyBlob) {
  const Keys keys = Keys::random();
  Codec codec(keys, {});
  const BlobHandle handle = handle_of(BlobType::kTree, {});
  const SealedBlob sealed = codec.seal_blob(handle, {});
  EXPECT_EQ(sealed.uncompressed_length, 0U);
  EXPECT_EQ(sealed.bytes.size(), 32U);
  EXPECT_TRUE(codec.open_blob(handle, sealed.bytes, 0).empty());
}

TEST(Codec, OpensARealBlob) {
  const Keys keys = test::real_master();
  Codec codec(keys, {});
  const Bytes pack = from_hex(test::kRealPack);
  const BlobHandle handle{BlobType::kData, *Id::parse(test::kRealBlobId)};
  EXPECT_EQ(as_text(codec.open_blob(handle, ByteView(pack).first(44), 3)), "hi\n");
}

TEST(Codec, RefusesABlobThatIsNotWhatItShouldBe) {
  const Keys keys = Keys::random();
  Codec codec(keys, {});
  const Bytes text = to_bytes("some text");
  const BlobHandle handle = handle_of(BlobType::kData, text);
  const SealedBlob sealed = codec.seal_blob(handle, text);
  const auto open = [&](const BlobHandle& wanted, ByteView bytes, std::uint32_t length) {
    return [&codec, wanted, bytes, length] { codec.open_blob(wanted, bytes, length); };
  };
  const auto size = static_cast<std::uint32_t>(text.size());
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, open(handle, sealed.bytes, size + 1)));
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, open(handle, sealed.bytes, size - 1)));
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, open(handle, sealed.bytes, UINT32_MAX)));
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "its ID", open(handle, sealed.bytes, 0)));
  const BlobHandle other = handle_of(BlobType::kData, as_bytes("other"));
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "its ID", open(other, sealed.bytes, size)));
  for (std::size_t cut = 0; cut < sealed.bytes.size(); ++cut) {
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, handle.id.short_hex(),
                           open(handle, ByteView(sealed.bytes).first(cut), size)));
  }
  Bytes flipped = sealed.bytes;
  for (std::size_t bit = 0; bit < flipped.size() * 8; ++bit) {
    flipped[bit / 8] ^= 1U << bit % 8;
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "authentication", open(handle, flipped, size)));
    flipped[bit / 8] ^= 1U << bit % 8;
  }
}

TEST(Codec, VerificationCatchesABlobThatDoesNotHashToItsName) {
  // What a processor or memory that errs between hashing and sealing looks like.
  const Keys keys = Keys::random();
  const BlobHandle wrong = handle_of(BlobType::kData, as_bytes("something else"));
  Codec verifying(keys, {.verify = true});
  EXPECT_TRUE(fails_with(ErrorCode::kInternal, "faulty",
                         [&] { verifying.seal_blob(wrong, as_bytes("text")); }));
  Codec trusting(keys, {.verify = false});
  EXPECT_NO_THROW(trusting.seal_blob(wrong, as_bytes("text")));
}

TEST(Codec, WritesFilesAsTheVersionSays) {
  const Keys keys = Keys::random();
  const Bytes json =
      to_bytes(R"({"a":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"})");
  for (const CompressionMode mode : kModes) {
    Codec first(keys, {1, mode, true});
    EXPECT_EQ(first.open_raw(first.seal_file(json)), json);
    EXPECT_EQ(first.open_file(first.seal_file(json)), json);
    Codec second(keys, {2, mode, true});
    const Bytes plain = second.open_raw(second.seal_file(json));
    EXPECT_EQ(plain[0], 2);
    EXPECT_EQ(plain[1], 0x28);  // zstd's magic number
    EXPECT_LT(plain.size(), json.size());
    EXPECT_EQ(second.open_file(second.seal_file(json)), json);
  }
}

TEST(Codec, ReadsEveryEncodingOfFiles) {
  const Keys keys = Keys::random();
  Codec codec(keys, {});
  for (const std::string_view plain : {"", "{}", "[1]", "{\"x\":1}\n"}) {
    EXPECT_EQ(as_text(codec.open_file(codec.seal_raw(as_bytes(plain)))), plain);
  }
  for (const std::string_view plain : {"\x01x", "\x03x", " {}", "x"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "encoding",
                           [&] { codec.open_file(codec.seal_raw(as_bytes(plain))); }));
  }
  EXPECT_TRUE(
      fails_with(ErrorCode::kDamaged, [&] { codec.open_file(codec.seal_raw(as_bytes("\x02"))); }));
  // Version 1 knows no encodings; what has one is of a later state of the repository.
  Codec old(keys, {.version = 1});
  EXPECT_EQ(as_text(old.open_file(old.seal_raw(as_bytes("\x01x")))), "\x01x");
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "version 1",
                         [&] { old.open_file(codec.seal_file(as_bytes("{}"))); }));
}

TEST(Codec, FilesHoldNoMoreTextThanTheyMay) {
  const Keys keys = Keys::random();
  Codec codec(keys, {});
  const std::string text = "[" + std::string(98, ' ') + "]";
  const auto read = [&](const Bytes& stored, std::uint64_t limit_bytes) {
    std::size_t total = 0;
    codec.open_file(
        stored, [&](ByteView piece) { total += piece.size(); }, limit_bytes);
    return total;
  };
  for (const Bytes& stored : {codec.seal_file(as_bytes(text)), codec.seal_raw(as_bytes(text))}) {
    EXPECT_EQ(read(stored, 100), 100U);
    EXPECT_TRUE(
        fails_with(ErrorCode::kUnsupported, "more than the 99 bytes", [&] { read(stored, 99); }));
  }
}

TEST(Codec, DataIsNoLargerThanChunksCanBe) {
  const Keys keys = Keys::random();
  Codec codec(keys, {});
  for (const BlobType type : {BlobType::kData, BlobType::kTree}) {
    const BlobHandle handle{type, {}};
    for (const std::uint32_t claim : {std::uint32_t{kMaxDataBytes + 1}, UINT32_MAX}) {
      EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [&] {
        codec.open_blob(handle, codec.seal_raw(as_bytes("x")), claim);
      }));
    }
    const Bytes large(kMaxDataBytes + 1);
    const ErrorCode code = type == BlobType::kData ? ErrorCode::kUnsupported : ErrorCode::kDamaged;
    EXPECT_TRUE(fails_with(code, [&] { codec.open_blob(handle, large, 0); }));
  }
}

TEST(Codec, LargerDataThanItTakesIsNoDamage) {
  const Keys keys = Keys::random();
  Codec codec(keys, {});
  Bytes frame;
  const Bytes plain(kMaxDataBytes + 1);
  Compressor(CompressionMode::kFastest).compress(plain, frame);
  const BlobHandle handle{BlobType::kData, sha256(plain)};
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "67108864 at most", [&] {
    codec.open_blob(handle, codec.seal_raw(frame), kMaxDataBytes + 1);
  }));
}

/// A frame of so many blocks of 128 KiB that are one byte each, and tells its size (RFC
/// 8878, 3.1.1).
Bytes frame_of_blocks(std::uint32_t blocks) {
  const std::uint32_t size = blocks << 17;
  Bytes frame = {0x28, 0xb5, 0x2f, 0xfd, 0x80, 0x48};
  for (int shift = 0; shift < 32; shift += 8) {
    frame.push_back(static_cast<std::uint8_t>(size >> shift));
  }
  for (std::uint32_t block = 1; block <= blocks; ++block) {
    const std::uint8_t is_last = block == blocks ? 1 : 0;
    frame.insert(frame.end(), {static_cast<std::uint8_t>(2 | is_last), 0, 0x10, ' '});
  }
  return frame;
}

TEST(Codec, TreesAreNoBombs) {
  const Keys keys = Keys::random();
  Codec codec(keys, {});
  constexpr std::uint32_t kBlocks = (256 << 3) + 1;
  const Id any = sha256(Bytes{1});
  for (const std::string& words : {std::string("claim to hold 256 MiB"), any.short_hex()}) {
    EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, words, [&] {
      codec.open_blob({BlobType::kTree, any}, codec.seal_raw(frame_of_blocks(kBlocks)),
                      kBlocks << 17);
    }));
  }
  // One that could be that of a large sparse file is only what its text says.
  const Bytes plain(1 << 20, ' ');
  EXPECT_EQ(codec.open_blob(handle_of(BlobType::kTree, plain), codec.seal_raw(frame_of_blocks(8)),
                            1 << 20),
            plain);
}

TEST(Codec, OpensARealIndexFile) {
  const Keys keys = test::real_master();
  Codec codec(keys, {});
  const Bytes stored = from_hex(test::kRealIndex);
  EXPECT_EQ(sha256(stored).hex(), test::kRealIndexId);
  EXPECT_EQ(as_text(codec.open_file(stored)), test::kRealIndexJson);
}

TEST(Codec, RefusesFilesCutOffAnywhere) {
  const Keys keys = test::real_master();
  Codec codec(keys, {});
  const Bytes stored = from_hex(test::kRealIndex);
  for (std::size_t size = 0; size < stored.size(); ++size) {
    EXPECT_TRUE(
        fails_with(ErrorCode::kDamaged, [&] { codec.open_file(ByteView(stored).first(size)); }));
  }
}

}  // namespace
}  // namespace snapfs
