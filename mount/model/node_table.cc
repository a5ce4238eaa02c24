// Records of one size in one block, and beside it the texts of all names and link targets, the IDs
// of all contents and subtrees, the attributes, and the members that neighbours mostly share, each
// in one block of its own; a record says where its part begins and how long it is. A directory of a
// million entries is a handful of allocations, and a NodeView is put together when somebody looks.
#include "mount/model/node_table.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "fs/base/error.h"

namespace snapfs {

namespace {

/// The kernel hands out no list of names of more than 64 KiB: which of them are missing in a longer
/// one nobody can see.
constexpr std::size_t kMostAttributes = std::numeric_limits<std::uint16_t>::max();

template <class To, class From>
To narrowed(From value) {
  if (std::in_range<To>(value)) return static_cast<To>(value);
  throw Error(ErrorCode::kUnsupported, "a directory is too large to be shown");
}

}  // namespace

NodeView::NodeView(const Node& node)
    : name(node.name),
      type(node.type),
      permissions(node.permissions),
      mtime(node.mtime),
      atime(node.atime),
      ctime(node.ctime),
      uid(node.uid),
      gid(node.gid),
      inode(node.inode),
      device_id(node.device_id),
      size(node.size),
      links(node.links),
      link_target(node.link_target),
      extended_attributes(node.extended_attributes),
      device(node.device),
      content(node.content),
      subtree(node.subtree) {}

NodeView NodeTable::operator[](std::size_t index) const {
  const Record& record = records_[index];
  const std::string_view text = text_;
  NodeView node;
  node.name = text.substr(record.text, record.name_size);
  node.type = record.type;
  node.permissions = record.permissions;
  node.mtime = {record.mtime_seconds, record.mtime_nanoseconds};
  node.atime = {record.atime_seconds, record.atime_nanoseconds};
  node.ctime = {record.ctime_seconds, record.ctime_nanoseconds};
  node.inode = record.inode;
  node.size = record.size;
  node.link_target = text.substr(std::size_t{record.text} + record.name_size, record.target_size);
  const Common& common = commons_[record.common];
  node.uid = common.uid;
  node.gid = common.gid;
  node.device_id = common.device_id;
  node.links = common.links;
  node.device = common.device;
  node.extended_attributes = std::span(attributes_).subspan(common.attribute, common.attributes);
  if (record.has_subtree) {
    node.subtree = ids_[record.id];
  } else {
    node.content = std::span(ids_).subspan(record.id, record.ids);
  }
  return node;
}

std::string_view NodeTable::name(std::size_t index) const noexcept {
  return {text_.data() + records_[index].text, records_[index].name_size};
}

void NodeTable::push_back(const NodeView& node) {
  Record record{};
  record.mtime_seconds = node.mtime.seconds;
  record.atime_seconds = node.atime.seconds;
  record.ctime_seconds = node.ctime.seconds;
  record.mtime_nanoseconds = node.mtime.nanoseconds;
  record.atime_nanoseconds = node.atime.nanoseconds;
  record.ctime_nanoseconds = node.ctime.nanoseconds;
  record.inode = node.inode;
  record.size = node.size;
  record.permissions = static_cast<std::uint16_t>(node.permissions & 07777);
  record.type = node.type;
  record.text = narrowed<std::uint32_t>(text_.size());
  record.name_size = narrowed<std::uint16_t>(node.name.size());
  record.target_size = narrowed<std::uint32_t>(node.link_target.size());
  record.id = narrowed<std::uint32_t>(ids_.size());
  record.has_subtree = node.type == NodeType::kDirectory && node.subtree;
  record.ids = record.has_subtree ? 1 : narrowed<std::uint32_t>(node.content.size());
  record.common = add_common(node);
  text_.append(node.name).append(node.link_target);
  if (record.has_subtree) {
    ids_.push_back(*node.subtree);
  } else {
    ids_.insert(ids_.end(), node.content.begin(), node.content.end());
  }
  records_.push_back(record);
}

/// Its place; that of the last one when it is the same.
std::uint32_t NodeTable::add_common(const NodeView& node) {
  Common common{};
  common.device_id = node.device_id;
  common.device = node.device;
  common.links = node.links;
  common.uid = node.uid;
  common.gid = node.gid;
  std::tie(common.attribute, common.attributes) = add_attributes(node);
  if (commons_.empty() || commons_.back() != common) commons_.push_back(common);
  return narrowed<std::uint32_t>(commons_.size() - 1);
}

/// Where they are. Neighbours mostly have the same ones, such as a label of the system: these are
/// kept once.
std::pair<std::uint32_t, std::uint16_t> NodeTable::add_attributes(const NodeView& node) {
  const auto all = node.extended_attributes;
  const auto wanted = all.first(std::min(all.size(), kMostAttributes));
  if (wanted.empty()) return {0, 0};
  if (wanted.size() <= attributes_.size()) {
    const auto last = std::span<const ExtendedAttribute>(attributes_).last(wanted.size());
    if (std::ranges::equal(wanted, last)) {
      return {static_cast<std::uint32_t>(attributes_.size() - wanted.size()),
              narrowed<std::uint16_t>(wanted.size())};
    }
  }
  const auto begin = narrowed<std::uint32_t>(attributes_.size());
  const auto count = narrowed<std::uint16_t>(wanted.size());
  attributes_.insert(attributes_.end(), wanted.begin(), wanted.end());
  return {begin, count};
}

std::optional<std::size_t> NodeTable::find(std::string_view name) const noexcept {
  const auto name_of = [this](const Record& record) {
    return std::string_view(text_.data() + record.text, record.name_size);
  };
  const auto found = std::ranges::lower_bound(records_, name, {}, name_of);
  if (found == records_.end() || name_of(*found) != name) return std::nullopt;
  return static_cast<std::size_t>(found - records_.begin());
}

void NodeTable::shrink_to_fit() {
  records_.shrink_to_fit();
  commons_.shrink_to_fit();
  text_.shrink_to_fit();
  ids_.shrink_to_fit();
  attributes_.shrink_to_fit();
}

std::size_t NodeTable::heap_bytes() const noexcept {
  std::size_t bytes = records_.capacity() * sizeof(Record) + commons_.capacity() * sizeof(Common) +
                      text_.capacity() + ids_.capacity() * sizeof(Id) +
                      attributes_.capacity() * sizeof(ExtendedAttribute);
  for (const ExtendedAttribute& attribute : attributes_) {
    bytes += attribute.name.capacity() + attribute.value.capacity();
  }
  return bytes;
}

}  // namespace snapfs
