#include "fs/tree/tag_change.h"

#include <algorithm>
#include <utility>

namespace snapfs {

std::vector<std::string> TagChange::apply_to(std::vector<std::string> tags) const {
  if (!set.empty()) return set;
  for (const std::string& tag : add) {
    if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
  }
  for (const std::string& tag : remove) {
    for (auto found = tags.begin();
         (found = std::find(tags.begin(), tags.end(), tag)) != tags.end();) {
      std::swap(*found, tags.back());
      tags.pop_back();
    }
  }
  return tags;
}

}  // namespace snapfs
