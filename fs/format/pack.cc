#include "fs/format/pack.h"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/crypto/cipher.h"
#include "fs/crypto/sha256.h"
#include "fs/format/codec.h"

namespace snapfs {
namespace {

// Header entries (FORMAT §6):
//   type u8 | sealed length u32 | [plaintext length u32, types 2 and 3] | ID 32
constexpr std::size_t kPlainEntrySize = 1 + 4 + Id::kSize;
constexpr std::size_t kCompressedEntrySize = kPlainEntrySize + 4;
constexpr std::uint8_t kCompressedBit = 2;
constexpr std::uint8_t kTreeBit = 1;
constexpr std::size_t kLengthField = 4;
constexpr std::size_t kMaxHeader = (16 << 20) + kLengthField;
static_assert(kMostBlobsOfAPack == kMaxHeader / kPlainEntrySize);

[[noreturn]] void throw_damaged(std::string_view reason) {
  throw Error(ErrorCode::kDamaged, fmt::format("a pack's header is damaged: {}", reason));
}

void put_u32(Bytes& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8)
    out.push_back(static_cast<std::uint8_t>(value >> shift));
}

std::uint32_t get_u32(ByteView bytes) {
  return std::uint32_t{bytes[0]} | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16 |
         std::uint32_t{bytes[3]} << 24;
}

Bytes encode_entries(const std::vector<PackEntry>& entries) {
  Bytes header;
  header.reserve(entries.size() * kCompressedEntrySize);
  for (const PackEntry& entry : entries) {
    const bool compressed = entry.uncompressed_length != 0;
    const bool tree = entry.handle.type == BlobType::kTree;
    header.push_back(
        static_cast<std::uint8_t>((compressed ? kCompressedBit : 0) | (tree ? kTreeBit : 0)));
    put_u32(header, entry.length);
    if (compressed) put_u32(header, entry.uncompressed_length);
    append(header, entry.handle.id.bytes);
  }
  return header;
}

/// Takes the first entry off `header`; its blob starts at `offset`.
PackEntry take_entry(ByteView& header, std::uint64_t offset) {
  const std::uint8_t type = header[0];
  if (type > (kCompressedBit | kTreeBit)) throw_damaged("an entry has an unknown type");
  const bool compressed = (type & kCompressedBit) != 0;
  const std::size_t size = compressed ? kCompressedEntrySize : kPlainEntrySize;
  if (header.size() < size) throw_damaged("its last entry is cut off");
  if (offset > UINT32_MAX) throw_damaged("a blob lies beyond 4 GiB");
  PackEntry entry;
  entry.handle.type = (type & kTreeBit) != 0 ? BlobType::kTree : BlobType::kData;
  entry.offset = static_cast<std::uint32_t>(offset);
  entry.length = get_u32(header.subspan(1));
  if (compressed) entry.uncompressed_length = get_u32(header.subspan(5));
  std::ranges::copy(header.subspan(size - Id::kSize, Id::kSize), entry.handle.id.bytes.begin());
  header = header.subspan(size);
  return entry;
}

/// Whether a header of that many entries of any type keeps within the limit.
bool header_fits(std::size_t entries) noexcept {
  return kPackOverhead + entries * kCompressedEntrySize <= kMaxHeader;
}

/// FORMAT §2.2: what was just sealed must open again before it is stored.
void verify_header(Codec& codec, ByteView file, const std::vector<PackEntry>& entries) {
  const bool same = [&] {
    try {
      return parse_pack_header(codec, file, file.size()) == entries;
    } catch (const Error&) {
      return false;
    }
  }();
  if (!same) {
    throw Error(ErrorCode::kInternal,
                "the header of a pack just made does not read back; memory or processor may be "
                "faulty");
  }
}

}  // namespace

std::size_t header_entry_size(const PackEntry& entry) noexcept {
  return entry.uncompressed_length != 0 ? kCompressedEntrySize : kPlainEntrySize;
}

bool PackBuilder::header_full() const noexcept { return !header_fits(entries_.size() + 1); }

bool PackBuilder::can_merge(const PackBuilder& other) const noexcept {
  return header_fits(entries_.size() + other.entries_.size());
}

void PackBuilder::add(const SealedView& blob) {
  assert(!header_full());
  entries_.push_back({blob.handle, static_cast<std::uint32_t>(bytes_.size()),
                      static_cast<std::uint32_t>(blob.bytes.size()), blob.uncompressed_length});
  append(bytes_, blob.bytes);
}

void PackBuilder::merge(PackBuilder&& other) {
  assert(can_merge(other));
  const auto shift = static_cast<std::uint32_t>(bytes_.size());
  for (PackEntry entry : other.entries_) {
    entry.offset += shift;
    entries_.push_back(entry);
  }
  append(bytes_, other.bytes_);
  other = {};
}

FinishedPack PackBuilder::finish(Codec& codec) {
  const Bytes header = codec.seal_raw(encode_entries(entries_));
  FinishedPack pack;
  pack.bytes = std::move(bytes_);
  append(pack.bytes, header);
  put_u32(pack.bytes, static_cast<std::uint32_t>(header.size()));
  verify_header(codec, pack.bytes, entries_);
  pack.description.entries = std::move(entries_);
  pack.description.id = sha256(pack.bytes);
  *this = {};
  return pack;
}

std::uint64_t pack_header_extent(ByteView last_four, std::uint64_t file_size) {
  const std::uint64_t sealed = get_u32(last_four);
  const std::uint64_t extent = sealed + kLengthField;
  if (sealed < Cipher::kOverhead + kPlainEntrySize || extent > kMaxHeader || extent > file_size) {
    throw_damaged("its length is impossible");
  }
  return extent;
}

std::vector<PackEntry> parse_pack_header(Codec& codec, ByteView tail, std::uint64_t file_size) {
  if (tail.size() < kLengthField) throw_damaged("the file is too short");
  const std::uint64_t extent = pack_header_extent(tail.last(kLengthField), file_size);
  if (extent > tail.size()) throw_damaged("it is cut off");
  const Bytes plain = codec.open_raw(tail.last(extent).first(extent - kLengthField));
  std::vector<PackEntry> entries;
  ByteView header = plain;
  std::uint64_t offset = 0;
  while (!header.empty()) {
    entries.push_back(take_entry(header, offset));
    offset += entries.back().length;
  }
  if (offset != file_size - extent) throw_damaged("its blobs do not fill the file");
  return entries;
}

}  // namespace snapfs
