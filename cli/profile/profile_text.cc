#include "cli/profile/profile_text.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/option/setting.h"
#include "cli/output/display_text.h"
#include "cli/output/json_object.h"
#include "cli/profile/hooks.h"
#include "cli/profile/settings.h"
#include "fs/backend/open/location.h"
#include "fs/base/utf8.h"

namespace snapfs {
namespace {

using Path = std::vector<const Command*>;

constexpr std::array<const char*, 5> kUsual = {"snapshot", "forget", "check", "mount", "restore"};
constexpr std::size_t kColumn = 40;  // where the sources begin, if there is room

const Binding& binding_of(const ResolvedSetting& setting) {
  return setting.option != nullptr ? setting.option->binding() : setting.positional->binding;
}

bool is_about_password(const ResolvedSetting& setting) {
  return setting.option != nullptr && setting.option->subject().ends_with("password");
}

/// A value without the passwords that may be in it.
std::string shown_value(const ResolvedSetting& setting, const std::string& value) {
  const bool is_location = setting.option != nullptr && setting.option->value_name() == "LOCATION";
  return is_location ? shown_location(value) : without_url_passwords(value);
}

/// What may be shown of the values, as texts.
std::vector<std::string> shown_values(const ResolvedSetting& setting) {
  std::vector<std::string> values;
  switch (setting.source) {
    case SettingSource::kLine:
      break;
    case SettingSource::kEnvironment:
      // A command can have the password in it.
      if (is_about_password(setting)) break;
      if (const auto value = variable_value(setting.variable)) {
        values.push_back(shown_value(setting, *value));
      }
      break;
    case SettingSource::kProfile:
      for (const PlacedText& text : setting.texts)
        values.push_back(shown_value(setting, text.text));
      break;
    case SettingSource::kDefault:
      if (std::string value = binding_of(setting).current(); !value.empty()) {
        values.push_back(std::move(value));
      }
      break;
  }
  return values;
}

/// What counts when nothing says anything and there is no value for it; may be empty.
std::string otherwise_text(const ResolvedSetting& setting) {
  return setting.option != nullptr ? setting.option->otherwise_text() : std::string();
}

bool is_bare(Binding::Kind kind) {
  return kind == Binding::Kind::kSwitch || kind == Binding::Kind::kNumber ||
         kind == Binding::Kind::kCount;
}

std::string value_text(const ResolvedSetting& setting, const std::vector<std::string>& values) {
  const Binding::Kind kind = binding_of(setting).kind();
  std::vector<std::string> texts;
  texts.reserve(values.size());
  for (const std::string& value : values) {
    texts.push_back(is_bare(kind) ? value : toml_string(value));
  }
  if (kind == Binding::Kind::kList) return fmt::format("[{}]", fmt::join(texts, ", "));
  return texts.empty() ? "" : texts.back();
}

std::string source_text(const ResolvedSetting& setting, bool has_value) {
  switch (setting.source) {
    case SettingSource::kEnvironment:
      return "from " + setting.variable;
    case SettingSource::kProfile:
      return fmt::format("{}:{}", printable(setting.place.file), setting.place.line);
    case SettingSource::kLine:
    case SettingSource::kDefault:
      break;
  }
  if (has_value) return "default";
  const std::string otherwise = otherwise_text(setting);
  return otherwise.empty() ? "not set" : "default: " + otherwise;
}

/// As people write it in a profile.
std::string key_of(const ResolvedSetting& setting) {
  return setting.key() == "repo" ? "repository" : setting.key();
}

std::string line_with_source(std::string line, const std::string& source) {
  if (line.size() < kColumn) line.append(kColumn - line.size(), ' ');
  return fmt::format("{}  # {}\n", line, source);
}

std::string line_of(const ResolvedSetting& setting) {
  const std::vector<std::string> values = shown_values(setting);
  std::string value = value_text(setting, values);
  if (values.empty() && !otherwise_text(setting).empty()) value.clear();
  const bool is_said =
      setting.source == SettingSource::kProfile || setting.source == SettingSource::kEnvironment;
  const bool is_set = is_said && !value.empty();
  return line_with_source(fmt::format("{}{} ={}{}", is_set ? "" : "# ", key_of(setting),
                                      value.empty() ? "" : " ", value),
                          source_text(setting, !values.empty()));
}

std::string json_of(const std::string& table, const ResolvedSetting& setting) {
  JsonObject object;
  object.text("table", table).text("key", key_of(setting)).texts("values", shown_values(setting));
  switch (setting.source) {
    case SettingSource::kEnvironment:
      object.text("source", "environment").text("variable", setting.variable);
      break;
    case SettingSource::kProfile:
      object.text("source", "profile")
          .text("file", setting.place.file)
          .number("line", setting.place.line);
      break;
    case SettingSource::kLine:
    case SettingSource::kDefault:
      object.text("source", "default");
      if (const std::string otherwise = otherwise_text(setting);
          shown_values(setting).empty() && !otherwise.empty()) {
        object.text("otherwise", otherwise);
      }
      break;
  }
  return object.finish();
}

/// The keys of one table: the command's own, and of the program's those that its table sets.
std::vector<ResolvedSetting> settings_of(const Profile& profile, const Path& path) {
  ParsedLine line;
  line.path = path;
  std::vector<ResolvedSetting> all = resolve_settings(profile, line, false);
  if (path.size() == 1) {
    std::erase_if(all, [](const ResolvedSetting& setting) {
      return setting.key() == "version" || setting.key() == "profile";
    });
    return all;
  }
  const std::vector<ResolvedSetting> shared = settings_of(profile, {path.front()});
  std::erase_if(all, [&](const ResolvedSetting& setting) {
    if (setting.option == nullptr) return false;
    const bool is_own = path.back()->find_option(setting.key()) == setting.option;
    if (is_own) return setting.option->is_hidden() && setting.source != SettingSource::kProfile;
    if (setting.source != SettingSource::kProfile) return true;
    // Set outside of tables it is shown there.
    return std::ranges::any_of(shared, [&](const ResolvedSetting& other) {
      return other.option == setting.option && other.source == SettingSource::kProfile &&
             other.place.text() == setting.place.text();
    });
  });
  return all;
}

void add_table(Path path, std::vector<Path>& tables) {
  if (std::ranges::find(tables, path) == tables.end()) tables.push_back(std::move(path));
}

/// Those of the commands below the last one of `path`, but for commands that no profile is for.
void add_all_tables(const Path& path, std::vector<Path>& tables) {
  for (const Command& command : path.back()->subcommands) {
    if (!command.is_shown()) continue;
    Path below = path;
    below.push_back(&command);
    if (command.run && command.takes_settings) add_table(below, tables);
    add_all_tables(below, tables);
  }
}

/// The program, the usual commands, and the others that the profile has a table for, or all.
std::vector<Path> tables_of(const Profile& profile, const Command& program, ShownTables which) {
  std::vector<Path> tables = {{&program}};
  for (const char* const name : kUsual) tables.push_back({&program, program.find(name)});
  for (Path& path : commands_in(profile, program)) add_table(std::move(path), tables);
  if (which == ShownTables::kAll) add_all_tables({&program}, tables);
  return tables;
}

void add_hook_lines(const std::vector<HookCommand>& commands, const char* kind, std::string& text) {
  if (commands.empty()) {
    text += line_with_source(fmt::format("# {} = []", kind), "not set");
    return;
  }
  std::vector<std::string> quoted;
  quoted.reserve(commands.size());
  for (const HookCommand& command : commands) quoted.push_back(toml_string(command.text));
  const Place& place = commands.front().place;
  text += line_with_source(fmt::format("{} = [{}]", kind, fmt::join(quoted, ", ")),
                           fmt::format("{}:{}", printable(place.file), place.line));
}

/// Those of "run" are the profile's own, which stand at its end, whether there are any or not.
std::string hooks_text(const Profile& profile, const Path& path) {
  if (path.size() > 1 && table_name(path) == "run") return {};
  const Hooks hooks = hooks_for(profile, path);
  if (hooks.empty() && path.size() > 1) return {};
  const std::string table = table_name(path);
  std::string text = fmt::format("\n[{}{}hooks]\n", table, table.empty() ? "" : ".");
  add_hook_lines(hooks.before, "before", text);
  add_hook_lines(hooks.after, "after", text);
  add_hook_lines(hooks.failed, "failed", text);
  add_hook_lines(hooks.finally, "finally", text);
  return text;
}

}  // namespace

std::string toml_string(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    const Rune rune = decode_rune(text);
    const char c = text.front();
    if (!rune.valid) {
      quoted += "\ufffd";  // TOML is UTF-8: other bytes cannot be said
    } else if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      quoted += text.substr(0, rune.size);
    }
    text.remove_prefix(rune.size);
  }
  return quoted + '"';
}

std::string profile_text(const Profile& profile, const Command& program, ShownTables which) {
  std::string text = fmt::format("# {}\n", printable(profile.path()));
  for (std::size_t i = 1; i < profile.files().size(); ++i) {
    text += fmt::format("# inherits {}\n", printable(profile.files()[i].path));
  }
  for (const Path& path : tables_of(profile, program, which)) {
    text += path.size() == 1 ? "\n" : fmt::format("\n[{}]\n", table_name(path));
    for (const ResolvedSetting& setting : settings_of(profile, path)) text += line_of(setting);
    if (path.size() > 1) text += hooks_text(profile, path);
  }
  return text + hooks_text(profile, {&program});
}

std::string profile_json(const Profile& profile, const Command& program, ShownTables which) {
  std::vector<std::string> objects;
  for (const Path& path : tables_of(profile, program, which)) {
    for (const ResolvedSetting& setting : settings_of(profile, path)) {
      objects.push_back(json_of(table_name(path), setting));
    }
  }
  return fmt::format("[{}]", fmt::join(objects, ","));
}

}  // namespace snapfs
