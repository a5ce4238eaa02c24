// --files-from and its kin: files that list targets.
#pragma once

#include <string>
#include <vector>

namespace snapfs {

class Command;

/// The files of each kind, as given; "-" is standard input.
struct TargetFiles {
  std::vector<std::string> patterns;  ///< --files-from
  std::vector<std::string> verbatim;
  std::vector<std::string> raw;

  bool empty() const noexcept { return patterns.empty() && verbatim.empty() && raw.empty(); }
};

/// `files` must outlive `command`.
void add_target_file_options(Command& command, TargetFiles& files);

}  // namespace snapfs
