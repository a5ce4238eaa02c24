// Which files of a snapshot are names of the same file, and which of them has the content. It makes
// no links.
#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "fs/base/id.h"
#include "fs/base/synchronized.h"
#include "fs/restore/file_identity.h"
#include "fs/tree/node.h"

namespace snapfs {

/// The names of one file of the snapshot. `first` is HardLinks's; the other members are set by the
/// thread that restores the first name, and read when that is over.
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
    Id content;  ///< the digest of the list of blobs
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  /// In order: an author of snapshots could choose keys that a table without secret puts together.
  using Groups = std::map<Key, LinkGroup>;

  static Key key_of(const Node& node);

  Synchronized<Groups> groups_;
};

}  // namespace snapfs
