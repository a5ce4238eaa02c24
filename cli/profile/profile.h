// A profile: a file of settings together with the files that it inherits from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/profile/profile_value.h"

namespace snapfs {

/// One of the files, parsed.
struct ProfileFile {
  std::string path;       ///< from the root
  std::string directory;  ///< that it lies in: what relative paths in it start from
  ProfileValue table;
};

/// A value object: what is written, without what it means.
class Profile {
 public:
  /// Reads the profile `name` (see find_profile) and what it inherits. Throws Error: kNotFound for
  /// a profile that is not there, kPermission for one that others can write, kUsage for what is no
  /// TOML, for `inherit` that is no name, and for profiles that inherit from each other in a
  /// circle.
  static Profile load(const std::string& name);

  const std::string& name() const noexcept { return name_; }  ///< as asked for

  /// Its own file first, then the one that it inherits from, and so on: what is said earlier
  /// counts.
  const std::vector<ProfileFile>& files() const noexcept { return files_; }
  const std::string& path() const noexcept { return files_.front().path; }

 private:
  std::string name_;
  std::vector<ProfileFile> files_;
};

}  // namespace snapfs
