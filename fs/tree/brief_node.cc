#include "fs/tree/brief_node.h"

#include <string_view>

namespace snapfs {

std::size_t BriefNode::size() const noexcept {
  constexpr std::size_t kQuotesAndComma = 3;
  const std::size_t list = content_.size() * (2 * Id::kSize + kQuotesAndComma);
  return json_.size() + (list > 0 ? list - 1 : 0);
}

void BriefNode::append_to(std::string& text) const {
  if (content_.empty()) {
    text += json_;
    return;
  }
  const std::string_view json = json_;
  text += json.substr(0, list_);
  char before = '[';
  for (const Id& id : content_) {
    text += before;
    ((text += '"') += id.hex()) += '"';
    before = ',';
  }
  text += json.substr(list_ + 1);
}

}  // namespace snapfs
