// Pack headers, as their author sealed them and as nobody did: what is read describes the file to
// its last byte.
#include <cstring>

#include "fs/crypto/keys.h"
#include "fs/format/codec.h"
#include "fs/format/pack.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {
namespace {

Codec& codec() {
  static const Keys keys = Keys::random();
  static Codec one(keys, {});
  return one;
}

constexpr std::size_t kLengthField = 4;

Bytes with_length(Bytes bytes, std::size_t length) {
  for (int shift = 0; shift < 32; shift += 8) {
    bytes.push_back(static_cast<std::uint8_t>(length >> shift));
  }
  return bytes;
}

void check_entries(const std::vector<PackEntry>& entries, ByteView header,
                   std::uint64_t blob_bytes) {
  std::uint64_t end = 0;
  std::size_t header_bytes = 0;
  for (const PackEntry& entry : entries) {
    require(entry.offset == end, "blobs lie one behind the other");
    end += entry.length;
    header_bytes += header_entry_size(entry);
  }
  require(end == blob_bytes, "blobs fill the file");
  // A compressed blob of no bytes is read as one that is not compressed, which takes less.
  require(header_bytes <= header.size(), "no more is read than is there");
}

void try_sealed(FuzzInput input) {
  std::uint64_t blob_bytes = input.number(5);
  const ByteView header = input.rest();
  const Bytes sealed = codec().seal_raw(header);
  const Bytes tail = with_length(sealed, sealed.size());
  const auto entries = accepted({ErrorCode::kDamaged}, [&] {
    return parse_pack_header(codec(), tail, blob_bytes + tail.size());
  });
  if (entries) check_entries(*entries, header, blob_bytes);
}

void try_unsealed(FuzzInput input) {
  const std::uint64_t file_size = input.number(5);
  const ByteView tail = input.rest();
  if (tail.size() >= kLengthField) {
    const auto extent = accepted({ErrorCode::kDamaged}, [&] {
      return pack_header_extent(tail.last(kLengthField), file_size);
    });
    require(!extent || *extent <= file_size, "a header is no longer than its file");
  }
  const auto entries =
      accepted({ErrorCode::kDamaged}, [&] { return parse_pack_header(codec(), tail, file_size); });
  require(!entries, "nothing is read that was not sealed");
}

}  // namespace

void fuzz_one(ByteView bytes) {
  FuzzInput input(bytes);
  if (input.byte() % 2 == 0) {
    try_sealed(input);
  } else {
    try_unsealed(input);
  }
}

std::vector<std::string> fuzz_seeds() {
  const std::string id(32, 'i');
  const std::string plain = std::string("\x00\x20\x00\x00\x00", 5) + id;
  const std::string tree = std::string("\x03\x10\x00\x00\x00\x40\x00\x00\x00", 9) + id;
  const auto sealed = [](std::string_view blob_bytes, const std::string& header) {
    return "0" + std::string(blob_bytes) + header;
  };
  return {sealed({"\x20\0\0\0\0", 5}, plain), sealed({"\x30\0\0\0\0", 5}, plain + tree),
          sealed({"\x60\0\0\0\0", 5}, plain + tree + plain + tree),
          "1" + std::string(3, '\0') + std::string("\x01\0", 2) + std::string(100, 'x') +
              std::string("\x40\0\0\0", 4)};
}

}  // namespace snapfs::test
