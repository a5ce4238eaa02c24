#include "fs/tree/directory_nodes.h"

#include <utility>

#include "fs/format/huge_blob.h"
#include "fs/tree/tree_name.h"
#include "fs/tree/tree_reader.h"

namespace snapfs {

DirectoryNodes::DirectoryNodes(Bytes&& blob, const Id& tree, const StopToken& stop,
                               const std::function<void(std::size_t place, const Node& node)>& seen)
    : what_(tree_name(tree)), stop_(stop) {
  const bool is_large = blob.size() > kHugeBlob;
  const auto see = [&](Node&& node) {
    if (seen) seen(size_, node);
    ++size_;
    if (!is_large) decoded_.push_back(std::move(node));
  };
  if (is_large) {
    text_ = TreeText(std::move(blob), what_, stop);
    parse_tree(text_, see, what_, stop);
  } else {
    parse_tree(ByteView(blob), see, what_, stop);
  }
}

Node DirectoryNodes::take() {
  const std::size_t place = next_++;
  if (!decoded_.empty()) return std::move(decoded_[place]);
  text_.forget_before(place);
  return parse_node(text_.node(place), what_, stop_);
}

}  // namespace snapfs
