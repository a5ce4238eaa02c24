// A table belongs to a path of commands: that outside of all tables to the program alone. In it a
// key is, in this order: a word of the profile itself, a command below, an argument, an option of
// the command, an option of the program.
#include "cli/profile/profile_keys.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/grammar/parser.h"
#include "cli/grammar/suggestion.h"
#include "cli/profile/hooks.h"
#include "cli/profile/setting_texts.h"

namespace snapfs {
namespace {

using Path = std::vector<const Command*>;

constexpr std::string_view kInherit = "inherit";
constexpr std::string_view kHooks = "hooks";
constexpr std::string_view kProfile = "profile";
constexpr std::string_view kOptions = "options";
constexpr std::string_view kOption = "option";
/// As people say, beside the option's name.
constexpr std::string_view kRepository = "repository";
constexpr std::string_view kRepo = "repo";

/// Options that mean nothing in a profile.
constexpr std::array<std::string_view, 2> kNotHere = {"version", "profile"};
constexpr std::array<std::string_view, 4> kSecrets = {"password", "passphrase", "passwd", "pass"};

template <class Words>
bool contains(const Words& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

[[noreturn]] void refuse(const Place& place, const std::string& message) {
  throw Error(ErrorCode::kUsage, fmt::format("{}: {}", place.text(), message), place.file);
}

const Option* option_called(const Path& path, std::string_view key) {
  if (contains(kNotHere, key)) return nullptr;
  if (key == kRepository) key = kRepo;
  if (const Option* own = path.back()->find_option(key)) return own;
  return path.front()->find_option(key);
}

const Positional* positional_called(const Command& command, std::string_view key) {
  const auto found = std::ranges::find(command.positionals, key, &Positional::key);
  return found == command.positionals.end() || key.empty() ? nullptr : &*found;
}

std::vector<std::string> keys_of(const Path& path) {
  std::vector<std::string> keys = {std::string(kHooks), std::string(kOptions)};
  if (path.size() == 1) {
    keys.insert(keys.end(), {std::string(kInherit), std::string(kRepository)});
  }
  for (const Command& command : path.back()->subcommands) {
    if (command.is_shown() && command.takes_settings) keys.push_back(command.name);
  }
  for (const Positional& positional : path.back()->positionals) {
    if (!positional.key.empty()) keys.push_back(positional.key);
  }
  for (const Command* const command : {path.back(), path.front()}) {
    for (const Option& option : command->options) {
      if (option.is_hidden() || contains(kNotHere, option.name())) continue;
      keys.insert(keys.end(), option.names().begin(), option.names().end());
    }
  }
  return keys;
}

/// The tables that the key could stand in: "[snapshot] or [forget]".
std::string tables_that_take(const Command& program, std::string_view key) {
  std::vector<std::string> tables;
  for (const Command& command : program.subcommands) {
    if (!command.is_shown() || !command.takes_settings) continue;
    if (command.find_option(key) != nullptr || positional_called(command, key) != nullptr) {
      tables.push_back(fmt::format("[{}]", command.name));
    }
  }
  constexpr std::size_t kMost = 4;
  if (tables.size() > kMost) tables.resize(kMost);
  return fmt::format("{}", fmt::join(tables, " or "));
}

[[noreturn]] void refuse_key(const Path& path, const ProfileEntry& entry) {
  const std::string& key = entry.key;
  if (contains(kSecrets, key)) {
    refuse(entry.place,
           fmt::format("a profile is no place for a password (\"{}\"): put it into a "
                       "file that only you can read, and name that with password-file, "
                       "or have password-command print it",
                       key));
  }
  if (key == kProfile) {
    refuse(entry.place,
           "a profile takes another one over by inherit = \"NAME\", outside of tables");
  }
  if (key == kInherit) refuse(entry.place, "inherit stands outside of tables, at the top");
  const std::string where =
      path.size() == 1 ? "there is no key" : fmt::format("[{}] has no key", table_name(path));
  if (path.size() == 1) {
    if (const std::string tables = tables_that_take(*path.front(), key); !tables.empty()) {
      refuse(entry.place,
             fmt::format("{} \"{}\" outside of tables: it belongs below {}", where, key, tables));
    }
  }
  const std::string meant = did_you_mean(similar_words(key, keys_of(path)), "");
  refuse(
      entry.place,
      fmt::format("{} \"{}\"{}", where, key,
                  !meant.empty() ? meant
                                 : fmt::format(": \"{} --help\" lists the options, which are the "
                                               "keys",
                                               title_of(path))));
}

/// The command below that the key names, if it does.
const Command* command_called(const Path& path, const ProfileEntry& entry) {
  if (entry.key == kOptions || entry.key == kHooks) return nullptr;
  return path.back()->find(entry.key);
}

/// Nothing for the words of the profile itself and for tables of commands.
std::optional<ProfileSetting> setting_of(const ProfileFile& file, const Path& path,
                                         const ProfileEntry& entry) {
  ProfileSetting setting;
  setting.key = entry.key;
  setting.place = entry.place;
  if (entry.key == kHooks) {
    if (path.back()->name == "run") refuse(entry.place, "the hooks of run stand in [hooks]");
    check_hooks(file, entry);
    return std::nullopt;
  }
  if (entry.key == kInherit && path.size() == 1) return std::nullopt;
  if (entry.key == kOptions) {
    setting.option = path.front()->find_option(kOption);
    setting.texts = extended_options_texts(entry.value);
    return setting;
  }
  if (entry.key == kProfile) refuse_key(path, entry);
  if (const Command* const command = command_called(path, entry)) {
    if (entry.value.is_table() && command->takes_settings) return std::nullopt;
    refuse(entry.place,
           command->takes_settings
               ? fmt::format("\"{0}\" is a command: its keys stand below [{0}]", entry.key)
               : fmt::format("the command \"{}\" has no settings", entry.key));
  }
  setting.positional = positional_called(*path.back(), entry.key);
  if (setting.positional != nullptr) {
    const Binding& binding = setting.positional->binding;
    setting.texts =
        setting_texts(entry.value, binding.kind(), setting.positional->name, file.directory);
    return setting;
  }
  setting.option = option_called(path, entry.key);
  if (setting.option == nullptr) refuse_key(path, entry);
  setting.texts = setting_texts(entry.value, setting.option->binding().kind(),
                                setting.option->value_name(), file.directory);
  return setting;
}

/// A key by another name, or a table by another: the second says something else.
void require_new(const ProfileLevel& level, const ProfileSetting& setting) {
  if (setting.option == nullptr || setting.option->name() == kOption) return;
  const auto same = std::ranges::find(level, setting.option, &ProfileSetting::option);
  if (same == level.end()) return;
  refuse(setting.place,
         fmt::format("\"{}\" is \"{}\", which is set already, in line {}: take one out",
                     setting.key, same->key, same->place.line));
}

ProfileLevel level_of(const ProfileFile& file, const Path& path, const ProfileValue& table) {
  ProfileLevel level;
  for (const ProfileEntry& entry : table.entries) {
    if (auto setting = setting_of(file, path, entry)) {
      require_new(level, *setting);
      level.push_back(*std::move(setting));
    }
  }
  return level;
}

/// Refuses the second of two tables of one command, which has two names.
void require_only_table(const Path& path, const ProfileValue& table, const ProfileEntry& entry) {
  const Command* const command = command_called(path, entry);
  if (command == nullptr) return;
  const auto first = std::ranges::find_if(table.entries, [&](const ProfileEntry& other) {
    return command_called(path, other) == command;
  });
  if (first->key == entry.key) return;
  refuse(entry.place, fmt::format("[{}] and [{}] are the same command: make one table of them",
                                  first->key, entry.key));
}

/// The table of the command at the end of the path; nullptr: the file has none.
const ProfileValue* table_of(const ProfileFile& file, const Path& path) {
  const ProfileValue* table = &file.table;
  for (std::size_t i = 1; i < path.size(); ++i) {
    const auto found = std::ranges::find_if(table->entries, [&](const ProfileEntry& entry) {
      return entry.value.is_table() && path[i]->is_called(entry.key);
    });
    if (found == table->entries.end()) return nullptr;
    table = &found->value;
  }
  return table;
}

/// Every table of a file, with its commands. `visit` takes the path and the table.
template <class Visit>
void visit_tables(const Path& path, const ProfileValue& table, const Visit& visit) {
  visit(path, table);
  for (const ProfileEntry& entry : table.entries) {
    const Command* const command = command_called(path, entry);
    if (command == nullptr || !entry.value.is_table() || !command->takes_settings) continue;
    Path below = path;
    below.push_back(command);
    visit_tables(below, entry.value, visit);
  }
}

}  // namespace

std::vector<ProfileLevel> levels_for(const Profile& profile, const Path& path) {
  std::vector<ProfileLevel> levels;
  const Path program = {path.front()};
  for (const Path& where : {path, program}) {
    for (const ProfileFile& file : profile.files()) {
      if (const ProfileValue* const table = table_of(file, where)) {
        levels.push_back(level_of(file, where, *table));
      }
    }
    if (path.size() == 1) break;
  }
  return levels;
}

void check_keys(const Profile& profile, const Command& program, const ReportMistake& report,
                const VisitSetting& visit) {
  for (const ProfileFile& file : profile.files()) {
    visit_tables({&program}, file.table, [&](const Path& path, const ProfileValue& table) {
      ProfileLevel level;
      for (const ProfileEntry& entry : table.entries) {
        try {
          require_only_table(path, table, entry);
          auto setting = setting_of(file, path, entry);
          if (!setting) continue;
          require_new(level, *setting);
          if (visit) visit(*setting);
          level.push_back(*std::move(setting));
        } catch (const Error& mistake) {
          report(entry.place, mistake);
        }
      }
    });
  }
}

std::vector<std::pair<const ProfileFile*, const ProfileEntry*>> tables_called(
    const Profile& profile, const Path& path, std::string_view name) {
  std::vector<std::pair<const ProfileFile*, const ProfileEntry*>> found;
  for (const ProfileFile& file : profile.files()) {
    const ProfileValue* const table = table_of(file, path);
    const ProfileEntry* const entry = table == nullptr ? nullptr : table->find(name);
    if (entry != nullptr) found.emplace_back(&file, entry);
  }
  return found;
}

std::vector<Path> commands_in(const Profile& profile, const Command& program) {
  std::vector<Path> paths;
  for (const ProfileFile& file : profile.files()) {
    visit_tables({&program}, file.table, [&](const Path& path, const ProfileValue& /*table*/) {
      if (path.size() > 1 && std::ranges::find(paths, path) == paths.end()) paths.push_back(path);
    });
  }
  return paths;
}

std::string table_name(const Path& path) {
  std::string name;
  for (std::size_t i = 1; i < path.size(); ++i) name += (i > 1 ? "." : "") + path[i]->name;
  return name;
}

}  // namespace snapfs
