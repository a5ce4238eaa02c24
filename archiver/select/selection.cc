#include "archiver/select/selection.h"

#include <algorithm>

#include <fmt/format.h>

#include "fs/base/path.h"

namespace snapfs {

Selection::Selection(SelectionRules rules) {
  std::erase_if(rules.patterns, [](const PatternList& list) { return list.empty(); });
  if (!rules.patterns.empty() || !rules.tags.empty()) {
    by_name_ = std::make_shared<const ByName>(ByName{
        std::move(rules.patterns), std::move(rules.tags), std::move(rules.working_directory)});
  }
  if (rules.larger_than_bytes || rules.one_file_system || !rules.own_directories.empty() ||
      !rules.own_mounts.empty()) {
    by_item_ = std::make_shared<const ByItem>(ByItem{rules.larger_than_bytes, rules.one_file_system,
                                                     std::move(rules.own_directories),
                                                     std::move(rules.own_mounts)});
  }
}

void Selection::ByName::apply(const SourceDir& directory, std::vector<std::string>& names,
                              SelectionObserver& observer) const {
  // Tags first: a tag counts even if a pattern excludes it.
  std::vector<std::string> excepted;
  bool tagged = false;
  for (const TagRule& tag : tags) {
    if (!tag.is_in(directory, names, observer)) continue;
    // Every tag that is there spares itself alone: two different ones spare nothing.
    excepted = !tagged || excepted == std::vector{tag.name()} ? std::vector{tag.name()}
                                                              : std::vector<std::string>();
    tagged = true;
  }
  if (tagged) names = std::move(excepted);
  if (patterns.empty() || names.empty()) return;
  const std::string path = absolute_path(directory.path(), working_directory);
  for (const PatternList& list : patterns) list.remove_rejected(path, names);
}

bool Selection::ByItem::rejects(const SourceDir& directory, const std::string& name,
                                const SourceMetadata& item, std::uint64_t allowed_device,
                                SelectionObserver& observer) const {
  const bool is_directory = item.is_directory();
  if (larger_than_bytes && !is_directory && item.size > *larger_than_bytes) return true;
  // A mount point stays, empty, where the tree reaches it; nothing of what is mounted does.
  if (one_file_system && item.device_id != allowed_device &&
      !(is_directory && directory.metadata().device_id == allowed_device)) {
    return true;
  }
  if (!is_directory) return false;
  const char* const what = own(item, directory.metadata());
  if (what == nullptr) return false;
  const std::string path = join_path(directory.path(), name);
  observer.left_out(path, fmt::format("{} is left out: it is {}", path, what));
  return true;
}

const char* Selection::ByItem::own(const SourceMetadata& item,
                                   const SourceMetadata& directory) const noexcept {
  const DirectoryIdentity identity{item.device_id, item.inode};
  if (std::ranges::find(own_directories, identity) != own_directories.end()) {
    return "the repository that the snapshot goes to";
  }
  // Only on the way into the mount: a target inside it is the user's wish.
  if (item.device_id != directory.device_id &&
      std::ranges::find(own_mounts, item.device_id) != own_mounts.end()) {
    return "a repository mounted by snapfs";
  }
  return nullptr;
}

}  // namespace snapfs
