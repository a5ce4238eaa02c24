#include "archiver/parent_directory.h"

#include <algorithm>

#include "fs/tree/tree_reader.h"

namespace snapfs {

ParentDirectory::ParentDirectory(Repository& repository, const Id& tree, StopToken stop)
    : nodes_(load_tree(repository, tree, std::move(stop))) {}

Node* ParentDirectory::find(std::string_view name) {
  const auto by_name = [](const Node& node, std::string_view wanted) { return node.name < wanted; };
  auto from = nodes_.begin() + static_cast<std::ptrdiff_t>(next_);
  // Usually the very next one. A name before the last one found means that the caller started over.
  if (next_ > 0 && name <= nodes_[next_ - 1].name) from = nodes_.begin();
  if (from == nodes_.end() || from->name != name) {
    from = std::lower_bound(from, nodes_.end(), name, by_name);
  }
  next_ = static_cast<std::size_t>(from - nodes_.begin());
  if (from == nodes_.end() || from->name != name) return nullptr;
  ++next_;
  return &*from;
}

bool is_unchanged(const Node& parent, const Metadata& now) {
  return parent.type == NodeType::kFile && now.is_file() && parent.size == now.size &&
         parent.mtime == now.mtime && parent.ctime == now.ctime && parent.inode == now.inode;
}

bool has_all_content(const Index& index, const Node& node) {
  return std::ranges::all_of(node.content, [&](const Id& id) {
    return index.contains({BlobType::kData, id});
  });
}

}  // namespace snapfs
