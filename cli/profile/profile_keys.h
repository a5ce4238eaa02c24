// What the keys of a profile mean: those of a command's table are the long names of its options,
// and of the program's, in the table of commands. Whether their values are good, the options say.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/grammar/command.h"
#include "cli/profile/profile.h"
#include "fs/base/error.h"

namespace snapfs {

/// One text of a value, as the option takes it.
struct PlacedText {
  std::string text;
  Place place;
};

/// A key with its value, for an option or an argument.
struct ProfileSetting {
  const Option* option = nullptr;          ///< or:
  const Positional* positional = nullptr;  ///< what has a key among the arguments
  std::string key;                         ///< as written
  Place place;                             ///< of the key
  std::vector<PlacedText> texts;           ///< relative paths made absolute, ~ replaced

  const std::string& subject() const noexcept {
    return option != nullptr ? option->subject() : positional->subject;
  }
};

/// What one table says.
using ProfileLevel = std::vector<ProfileSetting>;

/// The tables that say something about the command at the end of `path`, the strongest first: its
/// own of each file, then what stands outside of tables. `path` begins with the program; alone it
/// stands for what is outside of tables. Refers to the commands and to nothing of the profile.
/// Throws Error{kUsage} for a value of the wrong kind, and for a key that is written in two ways.
std::vector<ProfileLevel> levels_for(const Profile& profile,
                                     const std::vector<const Command*>& path);

/// Is told what is wrong with a key, one Error{kUsage} for each mistake; it may throw it.
using ReportMistake = std::function<void(const Place& key, const Error& mistake)>;

/// Is shown what a key says, in the order of the files.
using VisitSetting = std::function<void(const ProfileSetting& setting)>;

/// Goes through all files and tables: reports every key that means nothing, and values of the wrong
/// kind, and shows the others to `visit`.
void check_keys(const Profile& profile, const Command& program, const ReportMistake& report,
                const VisitSetting& visit = {});

/// The tables called `name` (such as "hooks") that belong to the command at the end of `path`, the
/// strongest first, with the files that they are from. For the program those outside of tables.
std::vector<std::pair<const ProfileFile*, const ProfileEntry*>> tables_called(
    const Profile& profile, const std::vector<const Command*>& path, std::string_view name);

/// The commands that some file has a table for, subcommands too, each once, as paths.
std::vector<std::vector<const Command*>> commands_in(const Profile& profile,
                                                     const Command& program);

/// Joins a path of commands as tables are called: "repair.index".
std::string table_name(const std::vector<const Command*>& path);

}  // namespace snapfs
