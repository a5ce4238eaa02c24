// What is wrong with a profile, all of it.
#pragma once

#include <string>
#include <vector>

#include "cli/grammar/command.h"
#include "cli/profile/profile.h"

namespace snapfs {

/// A line for each mistake, with its place, in the order of files and lines: keys that mean
/// nothing, values that their options do not take, files of options that are not there, and a
/// repository's password that others can read. What a stronger file replaces is looked at, too.
/// Sets the options of `program`, which nobody else must need.
std::vector<std::string> profile_mistakes(const Profile& profile, const Command& program);

}  // namespace snapfs
