#include "mount/model/damage.h"

namespace snapfs {

std::string damage_text(const std::vector<FileRange>& ranges) {
  std::string text;
  for (const FileRange& range : ranges) {
    if (!text.empty()) text += ' ';
    text += std::to_string(range.begin) + "+" + std::to_string(range.length);
  }
  return text;
}

}  // namespace snapfs
