// The trees of a snapshot for somebody who goes through it from top to bottom, about in order, and
// leaves out what he likes: each as soon as the one above it is there. Where storage is near there
// is nothing to gain, and each is loaded when it is asked for.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/fetch/fetcher.h"
#include "fs/tree/tree_walk.h"

namespace snapfs {

class Repository;

/// Whether a tree that is met again will be asked for again.
enum class TreesMetAgain { kAskedFor, kLeftOut };

/// Thread-safe. Keeps at most kMaxBytes of trees that were not asked for.
class TreesAhead final : private FetchSource {
 public:
  /// The repository must outlive it. `stop` cancels everything for good.
  TreesAhead(Repository& repository, const StopToken& stop,
             TreesMetAgain again = TreesMetAgain::kAskedFor);
  TreesAhead(const TreesAhead&) = delete;
  TreesAhead& operator=(const TreesAhead&) = delete;

  static constexpr std::size_t kMaxBytes = 32 << 20;

  /// Says that the tree and those below it will be asked for.
  void expect(const Id& root);

  /// The tree's text. Throws what Repository::load_blob throws.
  Bytes take(const Id& tree, const StopToken& stop);

 private:
  /// A tree that is expected, in its place among the others.
  struct Expected {
    Id tree;
    bool is_flying = false;  ///< being loaded
    std::size_t uses = 1;    ///< how often it will be asked for, about
  };
  struct Kept {
    Bytes text;
    std::size_t uses = 1;
  };
  using Place = std::list<Expected>::iterator;

  static constexpr std::size_t kBatch = 256;

  void next(std::vector<WantedBlob>& batch) override;
  void take(const FetchedBlob& blob) override;
  void failed(const std::exception_ptr& failure) noexcept override;

  void expect_below(Place place, const std::vector<Id>& trees);
  void keep(const Id& tree, Bytes plain, std::size_t uses);
  void make_room();

  Repository& repository_;
  Fetcher fetcher_;
  std::optional<SeenTrees> met_;  ///< those that are not expected again
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::list<Expected> expected_;          ///< about in the order of the walk
  std::unordered_map<Id, Place> places_;  ///< of these
  std::unordered_map<Id, Kept> kept_;     ///< loaded, and not asked for
  std::deque<Id> kept_order_;             ///< the oldest first; some are gone
  std::size_t kept_bytes_ = 0;
  std::unordered_map<std::size_t, Place> flying_;  ///< by tag
  std::size_t last_tag_ = 0;
  bool hungry_ = false;  ///< the fetcher was told that there is nothing
  bool ended_ = false;
  Fetcher::Feed feed_;  ///< the last member: ends before the others
};

}  // namespace snapfs
