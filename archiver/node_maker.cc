#include "archiver/node_maker.h"

#include <sys/stat.h>

#include <utility>

namespace snapfs {
namespace {

constexpr std::uint32_t kPermissionBits = 07777;

bool stores_links(NodeType type) { return type != NodeType::kDirectory && type != NodeType::kFifo; }

bool is_device(NodeType type) {
  return type == NodeType::kBlockDevice || type == NodeType::kCharDevice;
}

}  // namespace

void NodeMaker::make(Node& node, std::string_view name, const SourceMetadata& metadata,
                     SourceAttributes attributes) {
  node.name = name;
  node.type = node_type_of(metadata.mode);
  node.permissions = metadata.mode & kPermissionBits;
  node.mtime = metadata.mtime;
  node.atime = with_atime_ ? metadata.atime : metadata.mtime;
  node.ctime = metadata.ctime;
  node.uid = metadata.uid;
  node.gid = metadata.gid;
  node.user = metadata.synthetic ? "" : owners_.user(metadata.uid);
  node.group = metadata.synthetic ? "" : owners_.group(metadata.gid);
  node.inode = metadata.inode;
  node.device_id = metadata.device_id;
  node.size = 0;
  node.links = stores_links(node.type) ? metadata.links : 0;
  node.device = is_device(node.type) ? metadata.device : 0;
  node.link_target.clear();
  node.content.clear();
  node.subtree.reset();
  node.extended_attributes.clear();
  add_attributes(node, std::move(attributes));
}

void NodeMaker::add_attributes(Node& node, SourceAttributes attributes) {
  for (SourceAttribute& attribute : attributes.items) {
    node.extended_attributes.push_back({std::move(attribute.name), std::move(attribute.value)});
  }
  for (const SourceError& failure : attributes.failures) {
    attributes_unread_ = true;
    progress_.warn(failure);
  }
}

}  // namespace snapfs
