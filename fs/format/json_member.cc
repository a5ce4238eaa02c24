#include "fs/format/json_member.h"

#include <algorithm>

#include "fs/base/ascii_case.h"

namespace snapfs {
namespace {

constexpr std::string_view kKelvinSign = "\xe2\x84\xaa";
constexpr std::string_view kLongS = "\xc5\xbf";

bool may_fold(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || c == kKelvinSign.front() || c == kLongS.front();
}

}  // namespace

MemberName::MemberName(std::string_view key) : key_(key) {
  if (std::ranges::none_of(key, may_fold)) return;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const std::string_view rest = key.substr(i);
    if (rest.starts_with(kKelvinSign)) {
      folded_ += 'k';
      i += kKelvinSign.size() - 1;
    } else if (rest.starts_with(kLongS)) {
      folded_ += 's';
      i += kLongS.size() - 1;
    } else {
      folded_ += ascii_lower(rest.front());
    }
  }
}

}  // namespace snapfs
