// Compressed frames: no more comes out than is allowed, both ways to decompress agree, and what was
// compressed comes out again.
#include "fs/format/compression.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {
namespace {

constexpr std::initializer_list<ErrorCode> kCodes = {ErrorCode::kDamaged, ErrorCode::kUnsupported};

Compressor& compressor() {
  static Compressor one(CompressionMode::kAuto);
  return one;
}

std::optional<Bytes> at_once(ByteView frames, std::uint64_t limit_bytes) {
  return accepted(kCodes, [&] {
    Bytes out(3, 9);  // it is appended
    compressor().decompress(frames, out, limit_bytes);
    require(out.size() >= 3 && out[0] == 9, "what was there before stays");
    out.erase(out.begin(), out.begin() + 3);
    require(out.size() <= limit_bytes, "no more comes out than is allowed");
    return out;
  });
}

std::optional<Bytes> in_pieces(ByteView frames, std::uint64_t limit_bytes) {
  return accepted(kCodes, [&] {
    Bytes out;
    compressor().decompress_pieces(
        frames,
        [&](ByteView piece) {
          require(!piece.empty(), "no piece is empty");
          append(out, piece);
          require(out.size() <= limit_bytes, "no more comes out in pieces than is allowed");
        },
        limit_bytes);
    return out;
  });
}

void try_frames(FuzzInput input) {
  const std::uint64_t limit_bytes = input.number(3);
  const ByteView frames = input.rest();
  const auto whole = at_once(frames, limit_bytes);
  const auto pieces = in_pieces(frames, limit_bytes);
  // A frame that claims more than it has may be refused by one of them only: the library looks at
  // the claim when it has room for all of it.
  require(!whole || !pieces || *pieces == *whole, "in pieces the same comes out");
}

void try_plain(FuzzInput input) {
  const std::size_t copies = 1 + input.number(2);
  const ByteView part = input.rest();
  Bytes plain;
  for (std::size_t i = 0; i < copies && plain.size() < (1 << 17); ++i) append(plain, part);
  Bytes frame;
  compressor().compress(plain, frame);
  require(at_once(frame, plain.size()) == plain, "what was compressed comes out");
  require(in_pieces(frame, plain.size()) == plain, "what was compressed comes out in pieces");
  Bytes stream;
  compressor().compress_pieces([&](const ByteSink& sink) { sink(plain); }, stream);
  require(at_once(stream, plain.size()) == plain, "what was compressed in pieces comes out");
  if (plain.empty()) return;
  require(!at_once(frame, plain.size() - 1), "a byte too many is refused");
  require(!in_pieces(stream, plain.size() - 1), "a byte too many is refused in pieces");
}

}  // namespace

void fuzz_one(ByteView bytes) {
  FuzzInput input(bytes);
  if (input.byte() % 2 == 0) {
    try_frames(input);
  } else {
    try_plain(input);
  }
}

std::vector<std::string> fuzz_seeds() {
  std::vector<std::string> seeds = {"1" + std::string("\0\0", 2) + "some text, some text",
                                    "1" + std::string("\xff\xff", 2) + "ab"};
  const std::string text = "the quick brown fox jumps over the lazy dog";
  for (const std::size_t copies : {0, 1, 3, 1000}) {
    Bytes plain;
    for (std::size_t i = 0; i < copies; ++i) append(plain, as_bytes(text));
    Bytes frame;
    compressor().compress(plain, frame);
    Bytes stream;
    compressor().compress_pieces([&](const ByteSink& sink) { sink(plain); }, stream);
    seeds.push_back("0\xff\xff\x01" + std::string(as_text(frame)));
    seeds.push_back("0\xff\xff\x01" + std::string(as_text(stream)) + std::string(as_text(frame)));
    // A frame that is to be skipped stands before it.
    seeds.push_back("0\xff\xff\x01" + std::string("\x50\x2a\x4d\x18\x02\0\0\0xx", 10) +
                    std::string(as_text(frame)));
  }
  return seeds;
}

}  // namespace snapfs::test
