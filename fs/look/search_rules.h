// What find looks for: entries by name and time, or those that refer to certain blobs.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "fs/base/id_prefix.h"
#include "fs/look/tree_search.h"
#include "fs/time/timestamp.h"

namespace snapfs {

struct NameQuery {
  std::vector<std::string> patterns;  ///< one of them has to match the path (FORMAT §13.6)
  bool ignore_case = false;
  std::optional<Timestamp> oldest = std::nullopt;  ///< not modified before this
  std::optional<Timestamp> newest = std::nullopt;  ///< not modified after this
  bool wants_nodes = false;
};

/// Throws Error{kUsage} for a malformed pattern.
std::unique_ptr<SearchRule> make_name_rule(const NameQuery& query);

/// Some blobs, by their whole IDs or the beginnings of them. A value.
class BlobChoice {
 public:
  void add(const IdPrefix& prefix);
  void add(const Id& id) { whole_.insert(id); }

  bool empty() const noexcept { return whole_.empty() && prefixes_.empty(); }
  bool contains(const Id& id) const;

 private:
  std::unordered_set<Id> whole_;
  std::vector<IdPrefix> prefixes_;
};

/// Files whose content has one of the data blobs, and directories that are one of the trees. Both
/// must outlive the rule.
std::unique_ptr<SearchRule> make_blob_rule(const BlobChoice& data, const BlobChoice& trees);

}  // namespace snapfs
