// Stored bytes with the right seal around anything at all: what is opened is what its ID says, and
// no more than its bounds.
#include "fs/crypto/sha256.h"
#include "fs/format/codec.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {
namespace {

constexpr std::initializer_list<ErrorCode> kCodes = {ErrorCode::kDamaged, ErrorCode::kUnsupported};

Codec& codec() {
  static const Keys keys = Keys::random();
  static Codec one(keys, {});
  return one;
}

void try_file(FuzzInput input) {
  const std::uint64_t limit_bytes = input.number(2);
  const Bytes stored = codec().seal_raw(input.rest());
  std::uint64_t total = 0;
  (void)accepted(kCodes, [&] {
    codec().open_file(
        stored,
        [&](ByteView piece) {
          total += piece.size();
          require(total <= limit_bytes, "no more text comes out than is allowed");
        },
        limit_bytes);
    return true;
  });
  const auto text = accepted(kCodes, [&] { return codec().open_file(stored); });
  if (!text) return;
  const Bytes again = codec().seal_file(*text);
  require(codec().open_file(again) == *text, "text that is sealed is opened to the same");
}

void try_blob(FuzzInput input) {
  const BlobType type = input.byte() % 2 == 0 ? BlobType::kData : BlobType::kTree;
  const auto length = static_cast<std::uint32_t>(input.number(4));
  const ByteView content = input.rest();
  const Bytes sealed = codec().seal_raw(content);
  // The ID is that of the content as it is: what decompresses to something else is refused.
  const BlobHandle handle{type, sha256(content)};
  const auto plain = accepted(kCodes, [&] { return codec().open_blob(handle, sealed, length); });
  if (plain) {
    require(sha256(*plain) == handle.id, "what is opened is what its ID says");
    require(plain->size() == (length == 0 ? content.size() : length),
            "what is opened is as long as the index says");
  }
  const SealedBlob good = codec().seal_blob(handle, content);
  require(
      std::ranges::equal(codec().open_blob(handle, good.bytes, good.uncompressed_length), content),
      "a blob that is sealed is opened to the same");
  if (good.uncompressed_length == 0) return;
  for (const std::uint32_t wrong : {good.uncompressed_length - 1, good.uncompressed_length + 1}) {
    require(wrong == 0 ||
                !accepted(kCodes, [&] { return codec().open_blob(handle, good.bytes, wrong); }),
            "a length that is wrong is refused");
  }
}

}  // namespace

void fuzz_one(ByteView bytes) {
  FuzzInput input(bytes);
  if (input.byte() % 2 == 0) {
    try_file(input);
  } else {
    try_blob(input);
  }
}

std::vector<std::string> fuzz_seeds() {
  Compressor compressor(CompressionMode::kAuto);
  Bytes frame;
  compressor.compress(as_bytes(R"({"some":"text","some":"text"})"), frame);
  const std::string zstd(as_text(frame));
  return {
      "0\xff\xff"
      R"({"a":1})",
      "0\xff\xff[]",
      "0\xff\xff\x02" + zstd,
      "0\x05" + std::string(1, '\0') + "\x02" + zstd,
      "0\xff\xff\x03x",
      "1" + std::string("\0\0\0\0\0", 5) + "content",
      "1" + std::string("\1\x1d\0\0\0", 5) + zstd,
      "1" + std::string("\0\xff\xff\xff\xff", 5) + zstd};
}

}  // namespace snapfs::test
