#include "fs/tree/tree_frame.h"

#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs {

bool NodeList::take(std::string_view member) {
  if (MemberName(member) != std::string_view("nodes")) return false;
  if (std::exchange(found_, true)) throw_damaged(what_, "it has two lists of nodes");
  return true;
}

void NodeList::require() const {
  if (!found_) throw_damaged(what_, "it has no list of nodes");
}

void NodeLimit::fail() const {
  throw Error(ErrorCode::kUnsupported,
              fmt::format("{}: it has more than {} nodes, shorter than any program writes them",
                          what_, most_));
}

}  // namespace snapfs
