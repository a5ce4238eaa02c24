// Looking for entries in many snapshots: a directory that they share is read and searched once, and
// told in each of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fs/base/error.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/fetch/fetcher.h"
#include "fs/tree/node.h"

namespace snapfs {

class Repository;

/// What is looked for. Thread-safe.
class SearchRule {
 public:
  /// About one entry of a directory.
  struct Verdict {
    bool found = false;
    bool enter = false;  ///< there may be something below it; for directories
  };

  virtual ~SearchRule() = default;

  /// What of a directory's path decides about what is in it and below. A tree is searched once for
  /// each state that it is met in.
  using State = std::uint32_t;
  static constexpr State kRoot = 0;

  /// Of a directory, by its name in the one of that state.
  virtual State below(State directory, std::string_view name) const = 0;

  /// About an entry of a directory of that state.
  virtual Verdict judge(State directory, const Node& node) const = 0;

  /// Whether more than the names of what is found is wanted.
  virtual bool wants_nodes() const noexcept = 0;
};

/// Something that was found. Valid during the call.
struct FoundNode {
  const std::string& path;
  const Node* node = nullptr;  ///< null unless the rule wants nodes
  const Id& parent;            ///< the tree that it is an entry of
};

/// The results of one rule; not thread-safe. Memory: what was found, and some 150 bytes for each
/// distinct directory.
class TreeSearch {
 public:
  using Found = std::function<void(const FoundNode&)>;

  /// The references must outlive it.
  TreeSearch(Repository& repository, const SearchRule& rule, StopToken stop);
  ~TreeSearch();
  TreeSearch(const TreeSearch&) = delete;
  TreeSearch& operator=(const TreeSearch&) = delete;

  /// Searches below all of these together, so that run() has only to tell of each. No need to call
  /// it; one call for as many roots as roots_at_once() keeps all requests to the storage busy.
  void search(std::span<const Id> roots);
  std::size_t roots_at_once() const noexcept { return fetcher_.requests(); }

  /// Tells everything below `root` in the order of paths. Directories that cannot be read count as
  /// empty.
  void run(const Id& root, const Found& found);

  /// The directories that could not be read so far, each once.
  const std::unordered_map<Id, Error>& unreadable() const noexcept { return unreadable_; }

 private:
  struct Key {
    Id tree;
    SearchRule::State state = SearchRule::kRoot;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
      const std::array<std::uint64_t, 4> tree = words_of(key.tree);
      return keyed_hash(
          std::array<std::uint64_t, 5>{tree[0], tree[1], tree[2], tree[3], key.state});
    }
  };
  struct Directory;
  struct Entry;

  Directory& directory_of(const Id& root) { return *directories_.at({root, SearchRule::kRoot}); }
  void search_directory(Directory& directory, const FetchedBlob& blob,
                        std::vector<Directory*>& next);
  using Entered = std::pair<std::size_t, Id>;  ///< the place of an entry, and the tree below
  std::vector<Entered> read(Directory& directory, const FetchedBlob& blob) const;
  bool drop_empty(Directory& root);
  void tell(const Directory& root, const Found& found) const;

  Fetcher fetcher_;
  const SearchRule& rule_;
  const StopToken stop_;
  std::mutex mutex_;  ///< for the members below, while threads search
  std::unordered_map<Key, std::unique_ptr<Directory>, KeyHash> directories_;
  std::unordered_map<Id, Error> unreadable_;
};

}  // namespace snapfs
