// How the names of members are told from each other in every JSON document of a repository.
#pragma once

#include <string>
#include <string_view>

namespace snapfs {

/// A member's name as Go's decoder compares it (FORMAT §9): without its case, also that of the two
/// letters outside of ASCII that fold into it. What it stands for is compared with names in lower
/// case. Keeps a view of `key` when there is nothing to fold.
class MemberName {
 public:
  explicit MemberName(std::string_view key);

  operator std::string_view() const noexcept { return folded_.empty() ? key_ : folded_; }

  friend bool operator==(const MemberName& name, std::string_view lower) noexcept {
    return std::string_view(name) == lower;
  }

 private:
  std::string_view key_;
  std::string folded_;
};

}  // namespace snapfs
