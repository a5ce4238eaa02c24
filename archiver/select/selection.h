// What of the source goes into a snapshot: all rules that leave something out, in one object that
// the walk asks twice, after listing a directory and after looking at an item (FORMAT §13.2).
// Explicit targets are not its business: it is not asked about them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "archiver/select/observer.h"
#include "archiver/select/tag_rule.h"
#include "archiver/source/source_fs.h"
#include "fs/pattern/pattern_list.h"

namespace snapfs {

/// A directory, whatever it is called: st_dev and st_ino.
using DirectoryIdentity = std::pair<std::uint64_t, std::uint64_t>;

struct SelectionRules {
  std::vector<PatternList> patterns;  ///< each rejects on its own
  std::vector<TagRule> tags;
  std::optional<std::uint64_t> larger_than_bytes;  ///< what is larger, and no directory, goes
  bool one_file_system = false;

  /// Never entered unless a target leads there: our own repository, and mounts of repositories, by
  /// device number.
  std::vector<DirectoryIdentity> own_directories;
  std::vector<std::uint64_t> own_mounts;

  std::string working_directory = "/";  ///< what relative paths of SourceDirs are relative to
};

/// Immutable; copies share the rules. Thread-safe. Without rules it costs one branch a call.
class Selection {
 public:
  /// Everything is selected.
  Selection() = default;
  explicit Selection(SelectionRules rules);

  /// To be called with all names in `directory`, in byte order: removes those that are excluded by
  /// their paths, or by the presence of a file in the directory.
  void keep_selected(const SourceDir& directory, std::vector<std::string>& names,
                     SelectionObserver& observer) const {
    if (by_name_) by_name_->apply(directory, names, observer);
  }

  /// Whether what lstat() found in `directory` under `name` is left out. `allowed_device` is that
  /// of the target that the walk came from.
  bool rejects(const SourceDir& directory, const std::string& name, const SourceMetadata& item,
               std::uint64_t allowed_device, SelectionObserver& observer) const {
    return by_item_ && by_item_->rejects(directory, name, item, allowed_device, observer);
  }

  /// Whether keep_selected() can remove anything.
  bool looks_at_names() const noexcept { return by_name_ != nullptr; }

 private:
  struct ByName {
    std::vector<PatternList> patterns;
    std::vector<TagRule> tags;
    std::string working_directory;

    void apply(const SourceDir& directory, std::vector<std::string>& names,
               SelectionObserver& observer) const;
  };

  struct ByItem {
    std::optional<std::uint64_t> larger_than_bytes;
    bool one_file_system = false;
    std::vector<DirectoryIdentity> own_directories;
    std::vector<std::uint64_t> own_mounts;

    bool rejects(const SourceDir& directory, const std::string& name, const SourceMetadata& item,
                 std::uint64_t allowed_device, SelectionObserver& observer) const;
    const char* own(const SourceMetadata& item, const SourceMetadata& directory) const noexcept;
  };

  std::shared_ptr<const ByName> by_name_;
  std::shared_ptr<const ByItem> by_item_;
};

}  // namespace snapfs
