// What the index of a large repository lists, made up: blobs with random names, in packs of the
// usual size. Nothing of it needs to be stored, and the same numbers give the same blobs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fs/base/id.h"
#include "fs/format/pack.h"

namespace snapfs::test {

struct SyntheticSizes {
  std::uint64_t blobs = 0;
  std::uint64_t mean_bytes = 100'000;  ///< of a data blob, as it is stored
  std::uint64_t seed = 1;
};

/// Immutable, and holds nothing: what it lists is made when it is asked for.
class SyntheticIndex {
 public:
  /// What both programs call a full index file.
  static constexpr std::uint64_t kBlobsPerFile = 50'000;

  explicit SyntheticIndex(const SyntheticSizes& sizes) : sizes_(sizes) {}

  /// How many index files it takes.
  std::size_t files() const noexcept {
    return static_cast<std::size_t>((sizes_.blobs + kBlobsPerFile - 1) / kBlobsPerFile);
  }

  /// What the index file of that number lists. Sizes of data blobs are spread as those of files are
  /// (log-normal); one file in eight has a pack of trees, which makes one blob in eighty a tree.
  std::vector<PackDescription> packs_of(std::size_t file) const;

  /// Whether the one snapshot that is kept needs the blob: all data of two packs in five, every
  /// second blob of one in five, nothing of the others. Trees belong to what was forgotten.
  static bool is_used(const PackDescription& pack, std::size_t entry) noexcept;

 private:
  SyntheticSizes sizes_;
};

/// The size of the file that the pack would be.
std::uint64_t file_bytes(const PackDescription& pack) noexcept;

}  // namespace snapfs::test
