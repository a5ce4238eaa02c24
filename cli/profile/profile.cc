#include "cli/profile/profile.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/profile/profile_file.h"
#include "cli/profile/toml_text.h"
#include "fs/base/durable_file.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

constexpr std::string_view kInherit = "inherit";

/// The path of the file that this one inherits from; empty: there is none.
std::string inherited(const ProfileFile& file) {
  const ProfileEntry* const entry = file.table.find(kInherit);
  if (entry == nullptr) return {};
  if (entry->value.kind != ProfileValue::Kind::kText || entry->value.text.empty()) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{}: inherit is the name of one profile: inherit = \"other\"",
                            entry->value.place.text()),
                file.path);
  }
  try {
    return find_profile(entry->value.text, file.directory);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: {}", entry->value.place.text(), error.what()),
                error.subject());
  }
}

}  // namespace

Profile Profile::load(const std::string& name) {
  Profile profile;
  profile.name_ = name;
  std::string path = find_profile(name);
  while (!path.empty()) {
    if (std::ranges::find(profile.files_, path, &ProfileFile::path) != profile.files_.end()) {
      throw Error(
          ErrorCode::kUsage,
          fmt::format("{}: profiles inherit from each other in a circle, which comes back to "
                      "{}: take one \"inherit\" out",
                      profile.files_.back().table.find(kInherit)->place.text(), path),
          path);
    }
    profile.files_.push_back({path, parent_directory(path), parse_toml(read_profile(path), path)});
    path = inherited(profile.files_.back());
  }
  return profile;
}

}  // namespace snapfs
