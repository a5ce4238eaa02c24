// Directories of snapshots, decoded: read from their tree blobs on demand, as many as fit a budget,
// and the last one that alone is larger.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/fetch/prefetcher.h"
#include "mount/model/file_layout.h"
#include "mount/model/last_oversized.h"
#include "mount/model/node_table.h"
#include "mount/model/shared_cache.h"
#include "mount/model/snapshot_follower.h"

namespace snapfs {

class Repository;

/// A directory's nodes in ascending order of their raw names. A file's size is what its content
/// comes to, whatever the node says (FORMAT §21).
struct TreeListing {
  /// A file with holes, or with blobs that are missing.
  struct Unusual {
    std::size_t index = 0;
    ContentSummary content;
  };

  NodeTable nodes;
  std::vector<Unusual> unusual;  ///< ascending by index
  std::size_t bytes = 0;         ///< of memory, about

  std::optional<std::size_t> find(std::string_view name) const noexcept { return nodes.find(name); }

  /// What the content of the file at this position comes to.
  ContentSummary content(std::size_t index) const noexcept;
};

inline std::size_t memory_bytes(const TreeListing& listing) noexcept { return listing.bytes; }

/// Thread-safe.
class TreeCache final : public PrefetchTarget {
 public:
  /// All must outlive the cache.
  TreeCache(Repository& repository, const ContentIndex& content, std::size_t budget_bytes,
            WarnFunction warn = {})
      : repository_(repository), content_(content), warn_(std::move(warn)), cache_(budget_bytes) {}

  /// Throws what load_tree throws. An entry whose name is longer than the kernel takes is not in
  /// the listing, and is warned of.
  std::shared_ptr<const TreeListing> get(const Id& tree, const StopToken& stop);

  /// Null when it is not in memory.
  std::shared_ptr<const TreeListing> peek(const Id& tree);

  std::size_t size_bytes() const { return cache_.size_bytes(); }
  std::size_t budget_bytes() const noexcept { return cache_.budget_bytes(); }
  const CacheCounters& counters() const noexcept { return cache_.counters(); }

  BlobType blob_type() const noexcept override { return BlobType::kTree; }
  bool wants(const Id& tree) const override { return !cache_.contains(tree); }
  std::unique_ptr<Delivery> claim(const Id& tree) override;

 private:
  class ListingDelivery;

  void leave_out(const Id& tree, const Node& node) const;
  std::shared_ptr<const TreeListing> make_listing(const Id& tree, Bytes&& blob) const;

  Repository& repository_;
  const ContentIndex content_;
  const WarnFunction warn_;  ///< may be empty
  /// The last directory that is larger than the budget. Without it each file in a directory of a
  /// million would cost the decoding of them all.
  LastOversized<Id, TreeListing> large_;
  SharedCache<Id, TreeListing> cache_;
};

}  // namespace snapfs
