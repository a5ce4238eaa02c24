// The names that belong to user and group numbers, asked for once a run (FORMAT §10.7).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "fs/base/synchronized.h"

namespace snapfs {

/// Thread-safe. Asks the system's name services, which may be slow for the first time.
class OwnerNames {
 public:
  /// Empty if the number has no name. Valid as long as this object.
  std::string_view user(std::uint32_t uid);
  std::string_view group(std::uint32_t gid);

 private:
  // References to the values of an unordered_map outlive every insertion.
  using Names = std::unordered_map<std::uint32_t, std::string>;

  Synchronized<Names> users_;
  Synchronized<Names> groups_;
};

}  // namespace snapfs
