// Which packs a check reads when it is not to read them all.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <variant>
#include <vector>

#include "fs/backend/backend.h"

namespace snapfs {

/// A value; by default all packs.
class PackSubset {
 public:
  PackSubset() = default;

  /// "n/t": the n-th of t groups, the same packs every time (t ≤ 256); "x%": that share of the
  /// packs at random; a size such as "500M": as many packs at random as hold about so much. Throws
  /// Error{kUsage}.
  static PackSubset parse(std::string_view text);

  /// Those of `packs` to be read; at least one of a random choice. `random_below(n)` is uniform in
  /// 0…n − 1.
  std::vector<FileInfo> choose(
      std::vector<FileInfo> packs,
      const std::function<std::uint32_t(std::uint32_t)>& random_below) const;

 private:
  struct Group {
    unsigned number;  ///< 1…groups
    unsigned groups;
  };
  struct Share {
    double percent;
  };
  struct Size {
    std::uint64_t bytes;
  };

  std::variant<Group, Share, Size> choice_ = Group{1, 1};
};

}  // namespace snapfs
