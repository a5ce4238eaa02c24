// The chunker: every search of this processor finds what the definition says, and a file is cut
// alike in whatever pieces it is read.
//
// An input is a recipe for a file: parts that are repeated, windows that are a cut, and runs of
// pseudorandom bytes, because no file as short as an input is ever cut.
#include <algorithm>
#include <random>

#include "archiver/chunk/chunker.h"
#include "tests/archiver/chunk/chunk_inputs.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {
namespace {

constexpr std::size_t kMostBytes = kMinChunkSize + (256 << 10);

const ChunkerTables& tables() {
  static const ChunkerTables one{Polynomial(0x3DA3358B4DC173)};
  return one;
}

/// A window that is a cut: the fingerprint's low bits are taken away by the last three bytes, which
/// enter it unreduced.
Bytes cutting_window(std::uint64_t seed) {
  Bytes window = random_bytes(kChunkWindow, seed);
  const std::uint64_t low = tables().fingerprint(window) & kSplitMask;
  for (std::size_t i = 0; i < 3; ++i) {
    window[kChunkWindow - 1 - i] ^= static_cast<std::uint8_t>(low >> (8 * i));
  }
  return window;
}

Bytes file_of(FuzzInput& input) {
  Bytes file;
  while (!input.empty() && file.size() < kMostBytes) {
    const std::uint8_t kind = input.byte();
    const std::size_t count = input.number(2);
    switch (kind % 4) {
      case 0:
        append(file, input.take(count % 64));
        break;
      case 1: {
        const Bytes part = copy_of(input.take(1 + kind / 4 % 16));
        for (std::size_t i = 0; i <= count && file.size() < kMostBytes; ++i) append(file, part);
        break;
      }
      case 2:
        append(file, cutting_window(count));
        break;
      default:
        append(file, random_bytes(count * (1 + kind / 4 % 16), kind));
    }
  }
  if (file.size() > kMostBytes) file.resize(kMostBytes);
  return file;
}

/// FORMAT §8.1: the whole window anew at every length.
std::size_t cut_by_definition(ByteView bytes, std::size_t from, std::size_t to) {
  for (std::size_t n = from; n < to; ++n) {
    const ByteView window = bytes.subspan(n - kChunkWindow, kChunkWindow);
    if ((tables().fingerprint(window) & kSplitMask) == 0) return n;
  }
  return to;
}

void check_searches(ByteView bytes, std::size_t from) {
  if (from > bytes.size()) return;
  const std::size_t to = bytes.size() + 1;
  const std::size_t cut = find_cut_scalar(tables(), bytes.data(), from, to);
  // The definition takes 64 steps a byte: it is asked near the answer.
  const std::size_t begin = std::max(from, cut - std::min<std::size_t>(cut, 300));
  require(cut_by_definition(bytes, begin, std::min(cut + 1, to)) == cut,
          "the reference finds what the definition says");
  for (const NamedCutFinder& finder : cut_finders()) {
    require(finder.find(tables(), bytes.data(), from, to) == cut,
            "every search finds what the reference finds");
  }
}

std::vector<std::size_t> cut_in_pieces(const Chunker& chunker, ByteView file, std::size_t piece) {
  std::vector<std::size_t> lengths;
  std::size_t start = 0;
  std::size_t end = 0;
  std::size_t searched = 0;
  for (;;) {
    const auto cut =
        chunker.find_cut(file.subspan(start, end - start), end == file.size(), searched);
    if (cut) {
      require(*cut > 0 && *cut <= std::min(kMaxChunkSize, end - start), "a chunk has its bounds");
      lengths.push_back(*cut);
      start += *cut;
      searched = 0;
    } else if (end == file.size()) {
      require(start == end, "chunks are the whole file");
      return lengths;
    } else {
      searched = end - start;
      end += std::min(piece, file.size() - end);
    }
  }
}

}  // namespace

void fuzz_one(ByteView bytes) {
  FuzzInput input(bytes);
  const std::size_t piece = 4096 + input.number(2) * 16;
  const std::size_t from = kChunkWindow + 1 + input.number(2);
  const Bytes file = file_of(input);
  check_searches(file, from);
  const Chunker chunker(tables());
  const std::vector<std::size_t> lengths = cut_in_pieces(chunker, file, file.size() + 1);
  require(cut_in_pieces(chunker, file, piece) == lengths, "a file is cut alike in all pieces");
  for (const NamedCutFinder& finder : cut_finders()) {
    require(cut_in_pieces(Chunker(tables(), finder.find), file, piece) == lengths,
            "a file is cut alike by all searches");
  }
  for (std::size_t i = 0; i + 1 < lengths.size(); ++i) {
    require(lengths[i] >= kMinChunkSize, "only the last chunk is shorter than the least");
  }
}

std::vector<std::string> fuzz_seeds() {
  const std::string head("\0\1\0\0", 4);
  const auto random = [](char kind) { return std::string({kind, '\xff', '\xff'}); };
  const auto window = [](char number) { return std::string({'\2', number, '\0'}); };
  const std::string zeros("\1\xff\xff\0", 4);
  std::string much;
  for (int i = 0; i < 8; ++i) much += random('\x3f');
  return {head + random('\3') + window('\1') + random('\7'),
          head + "\x40" + std::string("\5\0hello", 7) + window('\5') + window('\6'),
          head + zeros + zeros + zeros, head + much + window('\7') + much};
}

}  // namespace snapfs::test
