// Walks a snapshot's trees beside the target: makes directories, symbolic links and special files,
// and has regular files planned. It reads no content from the repository.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "fs/fetch/blob_walk.h"
#include "fs/restore/context.h"
#include "fs/restore/directory_maker.h"
#include "fs/restore/file_planner.h"
#include "fs/restore/found.h"
#include "fs/restore/hard_links.h"
#include "fs/restore/owner_ids.h"
#include "fs/restore/plan.h"
#include "fs/restore/unexpected_entries.h"

namespace snapfs {

class Planner {
 public:
  /// The context must outlive this.
  Planner(const RestoreContext& context, const Id& tree);

  /// Goes on where it stopped, over all cores, until the plan is as large as the options allow or
  /// the walk is over. False when it was over already, and no links were put back.
  bool next(Plan& plan);

  /// Names of the last plan that could not be linked, for the next one.
  void put_back(std::vector<LinkItem> links);

 private:
  void plan_again();
  bool is_full();
  void list(const Listing& listing, const FetchedBlob& blob, std::vector<Listing>& next);
  void open(Found& found);
  void add(Found&& found, const std::vector<Listing>& next);

  void plan_directory(Found& found, Node& node);
  void plan_item(Found& found, Node& node, bool alone = false);
  void plan_special(Found& found, Node& node, const std::optional<struct stat>& status);
  void plan_file(Found& found, Node& node, const std::optional<struct stat>& status, bool alone);
  void plan_first(Found& found, Node& node, const std::optional<struct stat>& status,
                  LinkGroup& group);
  void skip_item(Found& found, const Node& node, const struct stat& status);
  bool skip_linked(Found& found, const Node& node, const struct stat& status);

  OwnerIds* owners_by_name() { return context_.options.ownership_by_name ? &owners_ : nullptr; }

  const RestoreContext& context_;
  DirectoryMaker maker_;
  UnexpectedEntries unexpected_;
  HardLinks hard_links_;
  OwnerIds owners_;
  FilePlanner files_;
  std::vector<LinkItem> again_;  ///< links that were put back

  std::mutex mutex_;  ///< of the next three
  Plan plan_;
  std::size_t plan_bytes_ = 0;
  std::unordered_map<Id, std::uint32_t> pack_numbers_;

  BlobWalk<Listing> walk_;  ///< directories to be listed
};

}  // namespace snapfs
