// What a file of settings holds, as values that know where they stand. Knows no TOML, and not what
// a key means.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace snapfs {

/// Where something stands in a file.
struct Place {
  std::string file;
  std::uint32_t line = 0;    ///< from 1 on
  std::uint32_t column = 0;  ///< from 1 on

  /// "/etc/snapfs/home.toml:12:3", for messages.
  std::string text() const { return fmt::format("{}:{}:{}", file, line, column); }
};

struct ProfileEntry;

/// A value; which of the members count is said by its kind.
struct ProfileValue {
  enum class Kind {
    kText,
    kInteger,
    kReal,
    kBoolean,
    kList,
    kTable,
    kTime,  ///< dates and times of the day: no key takes one
  };

  Kind kind = Kind::kTable;
  std::string text;                   ///< of all but lists and tables
  std::vector<ProfileValue> items;    ///< of a list
  std::vector<ProfileEntry> entries;  ///< of a table, in the order of the file
  Place place;

  bool is_table() const noexcept { return kind == Kind::kTable; }

  /// The entry of a table; nullptr: it has no such key.
  const ProfileEntry* find(std::string_view key) const noexcept;

  /// "a whole number", for messages.
  std::string_view kind_name() const noexcept;
};

/// A key with its value.
struct ProfileEntry {
  std::string key;
  Place place;  ///< of the key
  ProfileValue value;
};

}  // namespace snapfs
