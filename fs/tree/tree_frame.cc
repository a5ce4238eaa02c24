#include "fs/tree/tree_frame.h"

#include <utility>

namespace snapfs {

bool NodeList::take(std::string_view member) {
  if (MemberName(member) != std::string_view("nodes")) return false;
  if (std::exchange(found_, true)) throw_damaged(what_, "it has two lists of nodes");
  return true;
}

void NodeList::require() const {
  if (!found_) throw_damaged(what_, "it has no list of nodes");
}

}  // namespace snapfs
