// The units of systemd that a profile is run by: which, what they need to know of it, and switching
// them on and off. The units themselves are in share/systemd.
#pragma once

#include <string>
#include <vector>

#include "cli/grammar/command.h"
#include "cli/profile/profile.h"

namespace snapfs {

enum class UnitManager {
  kSystem,
  kUser,  ///< of the user who is logged in
};

/// What is written, and what is switched on.
struct ProfileUnits {
  struct DropIn {
    std::string path;
    std::string text;
  };
  std::vector<std::string> names;  ///< "snapfs-run@home.timer"
  std::vector<DropIn> drop_ins;
};

/// Those of the profile, which was found by its name: a nightly run for a table [snapshot], a
/// weekly check for [check], a mount for a mountpoint in [mount]. A password file of the profile is
/// handed to runs and checks as a credential. Throws Error{kUsage} when the name cannot be part of
/// a unit's, or there is nothing to do for units.
ProfileUnits units_for(const Profile& profile, const Command& program, UnitManager manager);

/// All that there can be, whatever the profile says, with empty drop-ins.
ProfileUnits all_units(const std::string& name, UnitManager manager);

/// Those of all_units that are not among `units`: what the profile asked for once, maybe.
ProfileUnits units_beside(const ProfileUnits& units, const std::string& name, UnitManager manager);

/// Writes the drop-ins, and has systemctl(1) enable and start the units. Throws Error.
void enable_units(const ProfileUnits& units, UnitManager manager);

/// Stops and disables the units, if there are any, and removes the drop-ins. What is not enabled,
/// or not there, is fine. Throws Error.
void disable_units(const ProfileUnits& units, UnitManager manager);

}  // namespace snapfs
