// Which files of a snapshot are names of the same file, and which of them has the content. It makes
// no links.
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "fs/base/id.h"
#include "fs/base/synchronized.h"
#include "fs/tree/node.h"

namespace snapfs {

/// A file in the target, whatever it is called.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;

  static FileIdentity of(const struct stat& status) noexcept {
    return {status.st_dev, status.st_ino};
  }
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// The names of one file of the snapshot. `first` is HardLinks's; the other members are set by who
/// restores the first name, and read when that is over.
struct LinkGroup {
  std::string first;                     ///< path of the name that gets the content; empty: none
  std::optional<FileIdentity> complete;  ///< the file at `first`, once it has all of the content
  std::atomic<bool> unreadable = false;  ///< the content could not be read
};

/// Files with more than one name: those of the same device, inode and content. A snapshot may hold
/// several states of a file, below different roots. Thread-safe.
class HardLinks {
 public:
  /// What to do with one of the names, none of which is in the way.
  struct Role {
    LinkGroup& group;         ///< as long as this lives
    bool first_seen = false;  ///< no other name was met before, restored or not
    bool is_first = false;    ///< it is to get the content, and the others are links to it
  };

  /// The name at `path` is restored: the first of them gets the content.
  Role add(const Node& node, const std::string& path);

  /// A name is left as it is; returns whether no other was met before.
  bool skip(const Node& node);

  /// The first name did not get its content: the next one is the first again.
  void forget(LinkGroup& group);

 private:
  struct Key {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    Id content;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
      return std::hash<std::uint64_t>{}(key.inode * 0x9e3779b97f4a7c15U ^ key.device) ^
             std::hash<Id>{}(key.content);
    }
  };
  using Groups = std::unordered_map<Key, LinkGroup, KeyHash>;

  static Key key_of(const Node& node);

  Synchronized<Groups> groups_;
};

}  // namespace snapfs
