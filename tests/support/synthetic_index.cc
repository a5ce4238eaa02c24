#include "tests/support/synthetic_index.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace snapfs::test {
namespace {

constexpr std::uint64_t kPackBytes = 16 << 20;
constexpr double kLargestBlob = 8 << 20;
constexpr double kSmallestBlob = 100;
constexpr double kMeanTreeBytes = 3'000;
/// How far sizes lie apart: a third of the blobs has half of the mean or more.
constexpr double kSpread = 1.3;
/// Stored bytes of a blob times this are its plaintext.
constexpr double kCompression = 1.5;
constexpr std::size_t kFilesPerTreePack = 8;
constexpr std::uint64_t kTreesPerPack = 5'000;

class Generator {
 public:
  Generator(std::uint64_t seed, std::size_t file, double mean_bytes)
      : random_(seed * 0x9e3779b97f4a7c15ULL + file), mean_bytes_(mean_bytes) {}

  /// At most that many blobs.
  PackDescription pack(BlobType type, std::uint64_t most) {
    PackDescription pack{id(), {}};
    std::uint32_t offset = 0;
    while (pack.entries.size() < most && offset < kPackBytes) {
      const std::uint32_t length = size(type);
      const auto plain = static_cast<std::uint32_t>(std::min(kLargestBlob, length * kCompression));
      pack.entries.push_back({{type, id()}, offset, length, plain});
      offset += length;
    }
    return pack;
  }

 private:
  Id id() {
    Id id;
    for (std::size_t i = 0; i < Id::kSize; i += 8) {
      const std::uint64_t word = random_();
      for (std::size_t j = 0; j < 8; ++j) {
        id.bytes[i + j] = static_cast<std::uint8_t>(word >> 8 * j);
      }
    }
    return id;
  }

  std::uint32_t size(BlobType type) {
    const double mean = type == BlobType::kTree ? kMeanTreeBytes : mean_bytes_;
    const double size = mean * std::exp(kSpread * normal_(random_) - kSpread * kSpread / 2);
    return static_cast<std::uint32_t>(std::clamp(size, kSmallestBlob, kLargestBlob));
  }

  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  double mean_bytes_;
};

}  // namespace

std::vector<PackDescription> SyntheticIndex::packs_of(std::size_t file) const {
  Generator generator(sizes_.seed, file, static_cast<double>(sizes_.mean_bytes));
  std::uint64_t left = std::min(kBlobsPerFile, sizes_.blobs - file * kBlobsPerFile);
  std::vector<PackDescription> packs;
  if (file % kFilesPerTreePack == 0) {
    packs.push_back(generator.pack(BlobType::kTree, std::min(kTreesPerPack, left)));
    left -= packs.back().entries.size();
  }
  while (left > 0) {
    packs.push_back(generator.pack(BlobType::kData, left));
    left -= packs.back().entries.size();
  }
  return packs;
}

bool SyntheticIndex::is_used(const PackDescription& pack, std::size_t entry) noexcept {
  if (pack.entries[entry].handle.type != BlobType::kData) return false;
  const unsigned fifth = pack.id.bytes.back() % 5;
  return fifth < 2 || (fifth == 2 && entry % 2 == 0);
}

std::uint64_t file_bytes(const PackDescription& pack) noexcept {
  std::uint64_t bytes = kPackOverhead;
  for (const PackEntry& entry : pack.entries) bytes += entry.length + header_entry_size(entry);
  return bytes;
}

}  // namespace snapfs::test
