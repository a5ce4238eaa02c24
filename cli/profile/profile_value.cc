#include "cli/profile/profile_value.h"

#include <algorithm>

namespace snapfs {

const ProfileEntry* ProfileValue::find(std::string_view key) const noexcept {
  const auto found = std::ranges::find(entries, key, &ProfileEntry::key);
  return found == entries.end() ? nullptr : &*found;
}

std::string_view ProfileValue::kind_name() const noexcept {
  switch (kind) {
    case Kind::kText:
      return "text";
    case Kind::kInteger:
      return "a whole number";
    case Kind::kReal:
      return "a number";
    case Kind::kBoolean:
      return "true or false";
    case Kind::kList:
      return "a list";
    case Kind::kTable:
      return "a table";
    case Kind::kTime:
      return "a date or time";
  }
  return "";
}

}  // namespace snapfs
