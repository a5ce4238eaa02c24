// The nodes of a directory as the mount keeps them: records of one size, with names, link targets,
// IDs, attributes and what neighbours have in common in one block each. A quarter of what as many
// `Node`s take, and in the order in which they are gone through. Names of users and groups are left
// out: nobody is shown them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fs/base/id.h"
#include "fs/time/timestamp.h"
#include "fs/tree/node.h"

namespace snapfs {

/// A node to be looked at, with the members of `Node`. Valid as long as what it was made of: a
/// NodeTable that is not added to, or a Node. A value.
struct NodeView {
  std::string_view name;
  NodeType type = NodeType::kFile;
  std::uint32_t permissions = 0;
  Timestamp mtime;
  Timestamp atime;
  Timestamp ctime;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t inode = 0;
  std::uint64_t device_id = 0;
  std::uint64_t size = 0;
  std::uint64_t links = 0;
  std::string_view link_target;
  std::span<const ExtendedAttribute> extended_attributes;
  std::uint64_t device = 0;
  std::span<const Id> content;  ///< empty for directories
  std::optional<Id> subtree;    ///< directories only

  NodeView() = default;
  // Implicit: whatever looks at a node looks at either.
  NodeView(const Node& node);
};

/// Not thread-safe while it is added to.
class NodeTable {
 public:
  class Iterator;

  std::size_t size() const noexcept { return records_.size(); }
  bool empty() const noexcept { return records_.empty(); }

  /// `index` is below size().
  NodeView operator[](std::size_t index) const;
  std::string_view name(std::size_t index) const noexcept;
  NodeType type(std::size_t index) const noexcept { return records_[index].type; }

  /// In ascending order of names. All nodes together are of one tree, whose blob is less than
  /// 4 GiB, and so are the names and targets.
  void push_back(const NodeView& node);

  /// Sets room aside for so many nodes in all.
  void reserve(std::size_t nodes) { records_.reserve(nodes); }

  /// The position of a name.
  std::optional<std::size_t> find(std::string_view name) const noexcept;

  /// Gives back what was set aside for more nodes.
  void shrink_to_fit();

  /// What it takes, in bytes.
  std::size_t heap_bytes() const noexcept;

  Iterator begin() const;
  Iterator end() const;

 private:
  /// What neighbours mostly have in common.
  struct Common {
    std::uint64_t device_id;
    std::uint64_t device;
    std::uint64_t links;
    std::uint32_t uid;
    std::uint32_t gid;
    std::uint32_t attribute;   ///< the first of its attributes
    std::uint16_t attributes;  ///< how many

    friend bool operator==(const Common&, const Common&) = default;
  };
  struct Record {
    std::int64_t mtime_seconds;
    std::int64_t atime_seconds;
    std::int64_t ctime_seconds;
    std::uint64_t inode;
    std::uint64_t size;
    std::int32_t mtime_nanoseconds;
    std::int32_t atime_nanoseconds;
    std::int32_t ctime_nanoseconds;
    std::uint32_t text;         ///< where its name begins; the target follows
    std::uint32_t target_size;  ///< bytes
    std::uint32_t id;           ///< the first of its blobs, or its subtree
    std::uint32_t ids;          ///< how many; 1 when it is a subtree
    std::uint32_t common;       ///< which
    std::uint16_t permissions;
    std::uint16_t name_size;  ///< bytes
    NodeType type;
    bool has_subtree;
  };
  static_assert(sizeof(Record) == 80);

  std::uint32_t add_common(const NodeView& node);
  std::pair<std::uint32_t, std::uint16_t> add_attributes(const NodeView& node);

  std::vector<Record> records_;
  std::vector<Common> commons_;
  std::string text_;
  std::vector<Id> ids_;
  std::vector<ExtendedAttribute> attributes_;
};

class NodeTable::Iterator {
 public:
  using difference_type = std::ptrdiff_t;
  using value_type = NodeView;

  Iterator() = default;
  Iterator(const NodeTable& table, std::size_t index) : table_(&table), index_(index) {}

  NodeView operator*() const { return (*table_)[index_]; }
  Iterator& operator++() noexcept {
    ++index_;
    return *this;
  }
  Iterator operator++(int) noexcept { return {*table_, index_++}; }
  friend bool operator==(const Iterator& a, const Iterator& b) noexcept {
    return a.index_ == b.index_;
  }

 private:
  const NodeTable* table_ = nullptr;
  std::size_t index_ = 0;
};

inline NodeTable::Iterator NodeTable::begin() const { return {*this, 0}; }
inline NodeTable::Iterator NodeTable::end() const { return {*this, size()}; }

}  // namespace snapfs
