// What of a file cannot be read, in the words of an extended attribute.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace snapfs {

/// On files of which something is known to be damaged or missing, and on no other.
inline constexpr std::string_view kDamagedAttribute = "user.snapfs.damaged";

/// A run of bytes of a file.
struct FileRange {
  std::uint64_t begin = 0;
  std::uint64_t length = 0;

  friend bool operator==(const FileRange&, const FileRange&) = default;
};

/// The attribute's value: `BEGIN+LENGTH`, in bytes, one after the other with a space between.
std::string damage_text(const std::vector<FileRange>& ranges);

}  // namespace snapfs
