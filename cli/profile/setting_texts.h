// From a value of a profile to the texts that an option takes.
#pragma once

#include <vector>

#include "cli/grammar/option.h"
#include "cli/profile/profile_keys.h"

namespace snapfs {

/// The texts to set, one after another. `type` is what the help calls the value: by it paths are
/// known, which are made absolute from `directory`, and have ~ replaced. Throws Error{kUsage} with
/// the place when a value of this kind is nothing for such an option.
std::vector<PlacedText> setting_texts(const ProfileValue& value, Binding::Kind kind,
                                      const std::string& type, const std::string& directory);

/// The table [options] as what -o takes: s3.region = "eu" is "s3.region=eu".
std::vector<PlacedText> extended_options_texts(const ProfileValue& table);

}  // namespace snapfs
