// What of an item the parent snapshots know already: a file that did not change is taken over
// without being opened, and a node that would be the same as it is written there.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archiver/node_maker.h"
#include "archiver/parent_directory.h"
#include "archiver/progress.h"
#include "archiver/source/source_fs.h"
#include "archiver/unchanged_rule.h"
#include "fs/repo/repository.h"
#include "fs/time/timezone.h"

namespace snapfs {

/// What must be known of a parent snapshot.
struct ParentSnapshot {
  Id tree;
  Timestamp start;  ///< when its run began
  /// The attributes of its nodes are all that this user sees: it was taken by the same one, with
  /// this program, and all could be read.
  bool has_all_attributes = false;
};

/// Ends the program version in snapshots of runs that could not read some attribute. The next run
/// then reads them all again, and says again what is missing.
inline constexpr std::string_view kAttributesUnread = " (some attributes unread)";

/// Newest first.
using ParentSnapshots = std::array<std::optional<ParentSnapshot>, kMaxParents>;

/// An entry of a directory of the source: where it lies, where it goes, and what the parents have
/// there. Everything it refers to must outlive it.
struct SourceItem {
  const std::shared_ptr<SourceDir>& directory;  ///< that it is in
  const std::string& disk_name;
  const std::string& node_name;
  PreviousNode previous;
  std::uint64_t device;      ///< that --one-file-system keeps to
  bool is_explicit = false;  ///< a target: selections do not apply to it

  /// Where it is, for messages.
  std::string path() const;
};

/// What a takeover works with; everything must outlive it.
struct TakeoverContext {
  const Index& index;
  NodeMaker& nodes;
  Progress& progress;
  const TimeZone& zone;
  ParentSnapshots parents;
  UnchangedRule rule;
};

/// Not thread-safe: one a walker. The JSON it returns is the parent's own text whenever it says the
/// same, and valid until the next call.
class Takeover {
 public:
  explicit Takeover(const TakeoverContext& context) : context_(context) {}

  /// The node of a regular file with the content that a parent has for it (D3); nothing when the
  /// file must be read: it is new or changed, may have changed in the tick in which the parent's
  /// run began, or its content is not in the repository any more.
  std::optional<std::string_view> file(const SourceItem& item, const SourceMetadata& metadata);

  /// The node of anything else but a directory. Throws SourceError.
  std::string_view other(const SourceItem& item, const SourceMetadata& metadata);

 private:
  std::optional<std::string_view> content(const SourceItem& item, const SourceMetadata& metadata);
  std::string_view parents_text_or_ours(const SourceItem& item) const;
  bool still_has(const SourceItem& item, const std::vector<Id>& content);
  bool looks_settled(const SourceItem& item, const SourceMetadata& metadata) const;
  bool knows_attributes(const SourceItem& item, const SourceMetadata& metadata) const;

  const TakeoverContext& context_;

  // Filled again for each item, to save allocations.
  Node node_;
  std::string json_;
};

}  // namespace snapfs
