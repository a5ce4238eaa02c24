// Which files of a snapshot are names of the same file. It makes no links.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "fs/base/synchronized.h"
#include "fs/tree/node.h"

namespace snapfs {

/// Files with more than one name, by inode and device. Thread-safe.
class HardLinks {
 public:
  /// What to do with one of the names, none of which is in the way.
  struct Role {
    bool first_seen = false;             ///< no other name was met before, restored or not
    std::optional<std::string> link_to;  ///< path of the name that has the content; empty: this one
  };

  /// The name at `path` is restored: the first of them gets the content.
  Role add(const Node& node, const std::string& path);

  /// A name is left as it is; returns whether no other was met before.
  bool skip(const Node& node);

  /// The name could not be restored: the next one is the first again.
  void forget(const Node& node);

 private:
  struct Key {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
      return std::hash<std::uint64_t>{}(key.inode * 0x9e3779b97f4a7c15U ^ key.device);
    }
  };
  /// Paths of the names that have the content; empty: none restored so far.
  using Groups = std::unordered_map<Key, std::string, KeyHash>;

  static Groups::iterator meet(Groups& groups, const Node& node, bool& first_seen);

  Synchronized<Groups> groups_;
};

}  // namespace snapfs
