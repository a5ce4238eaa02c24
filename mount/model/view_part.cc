// Names of the current view.
#include "mount/model/view_part.h"

namespace snapfs {

namespace {

/// Null: its last snapshot was forgotten.
const ViewDirectory* find_directory(const View& view, const VirtualNode& node) {
  const auto found = view.directories.find(node.path);
  return found == view.directories.end() ? nullptr : &found->second;
}

}  // namespace

std::optional<VirtualName> ViewPart::lookup(const VirtualNode& directory, std::string_view name) {
  const auto view = tree_.view();
  const ViewDirectory* entries = find_directory(*view, directory);
  const ViewEntry* found = entries != nullptr ? entries->find(name) : nullptr;
  if (found == nullptr) return std::nullopt;
  return VirtualName{found->name, tree_.find(found->ino), {}};
}

std::vector<VirtualName> ViewPart::list(const VirtualNode& directory) {
  const auto view = tree_.view();
  std::vector<VirtualName> names;
  if (const ViewDirectory* entries = find_directory(*view, directory)) {
    names.reserve(entries->entries.size());
    for (const ViewEntry& entry : entries->entries) {
      names.push_back({entry.name, tree_.find(entry.ino), {}});
    }
  }
  return names;
}

}  // namespace snapfs
