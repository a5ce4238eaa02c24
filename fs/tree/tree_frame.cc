#include "fs/tree/tree_frame.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs {

bool NodeList::take(std::string_view member) {
  if (MemberName(member) != std::string_view("nodes")) return false;
  if (std::exchange(found_, true)) fail("it has two lists of nodes");
  return true;
}

void NodeList::require() const {
  if (!found_) fail("it has no list of nodes");
}

void NodeList::fail(std::string_view reason) const {
  throw Error(ErrorCode::kDamaged, fmt::format("{} is damaged: {}", what_, reason),
              std::string(what_));
}

}  // namespace snapfs
