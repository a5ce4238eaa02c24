// The sources are gone through from the strongest to the weakest. What one has said of an option,
// or of a subject that options share, silences those behind it, never what it says itself.
#include "cli/profile/settings.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "cli/option/global_options.h"
#include "cli/option/setting.h"

namespace snapfs {
namespace {

/// What stronger sources have spoken of.
class Spoken {
 public:
  bool covers(const ProfileSetting& setting) const {
    const bool is_said = setting.option != nullptr ? options_.contains(setting.option) : arguments_;
    return is_said || (!setting.subject().empty() && subjects_.contains(setting.subject()));
  }

  bool covers(const Option& option) const {
    return options_.contains(&option) ||
           (!option.subject().empty() && subjects_.contains(option.subject()));
  }

  void add(const Option& option) {
    options_.insert(&option);
    if (option.silences_others()) subjects_.insert(option.subject());
  }

  /// The arguments of a command, of which the line gives all or none.
  void add_arguments(const Command& command) {
    arguments_ = true;
    for (const Positional& positional : command.positionals) {
      if (!positional.subject.empty()) subjects_.insert(positional.subject);
    }
  }

 private:
  std::set<const Option*> options_;
  std::set<std::string> subjects_;
  bool arguments_ = false;
};

using Resolved = std::map<const void*, ResolvedSetting>;

const void* identity(const ProfileSetting& setting) {
  if (setting.option != nullptr) return setting.option;
  return setting.positional;
}

/// [options] and option = [...] of one table are set one after another.
void take(const ProfileSetting& setting, Resolved& resolved) {
  ResolvedSetting& target = resolved[identity(setting)];
  target.option = setting.option;
  target.positional = setting.positional;
  target.source = SettingSource::kProfile;
  target.place = setting.place;
  target.texts.insert(target.texts.end(), setting.texts.begin(), setting.texts.end());
}

void take_level(const ProfileLevel& level, const Command& command, Spoken& spoken,
                Resolved& resolved) {
  const Spoken stronger = spoken;
  for (const ProfileSetting& setting : level) {
    if (stronger.covers(setting)) continue;
    take(setting, resolved);
    if (setting.option != nullptr) {
      spoken.add(*setting.option);
    } else {
      spoken.add_arguments(command);
    }
  }
}

std::vector<const Option*> options_of(const ParsedLine& line) {
  std::vector<const Option*> options;
  for (const Option& option : line.command().options) options.push_back(&option);
  if (line.path.size() == 1) return options;
  for (const Option& option : line.path.front()->options) {
    // The command's own stands before the program's of that name.
    if (line.command().find_option(option.name()) == nullptr) options.push_back(&option);
  }
  return options;
}

/// What is said when the environment names another repository than the profile does: who forgot
/// that the variable is set would have snapshots taken, and forgotten, elsewhere. Empty: nothing.
std::string advice_on_repository(const Profile& profile, const ParsedLine& line,
                                 const std::vector<ResolvedSetting>& settings) {
  constexpr std::string_view kSubject = "repository";
  const auto named = std::ranges::find_if(settings, [&](const ResolvedSetting& setting) {
    return setting.source == SettingSource::kEnvironment && setting.option->subject() == kSubject;
  });
  if (named == settings.end()) return {};
  const std::optional<std::string> value = variable_value(named->variable);
  for (const ProfileLevel& level : levels_for(profile, line.path)) {
    for (const ProfileSetting& setting : level) {
      if (setting.subject() != kSubject || setting.texts.empty()) continue;
      const bool is_same = setting.option == named->option && setting.texts.back().text == value;
      if (is_same) return {};
      return fmt::format(
          "{} is set, and counts more than what {} says: \"unset {}\" for the profile's repository",
          named->variable, setting.place.text(), named->variable);
    }
  }
  return {};
}

}  // namespace

std::vector<ResolvedSetting> resolve_settings(const Profile& profile, const ParsedLine& line,
                                              bool has_arguments) {
  Spoken spoken;
  Resolved resolved;
  for (const GivenOption& given : line.given) {
    spoken.add(*given.option);
    resolved[given.option].source = SettingSource::kLine;
  }
  if (has_arguments) spoken.add_arguments(line.command());
  const std::vector<const Option*> options = options_of(line);
  Spoken with_environment = spoken;
  for (const Option* const option : options) {
    const auto variable = variable_in_use(*option);
    if (!variable || spoken.covers(*option)) continue;
    with_environment.add(*option);
    resolved[option].source = SettingSource::kEnvironment;
    resolved[option].variable = *variable;
  }
  for (const ProfileLevel& level : levels_for(profile, line.path)) {
    take_level(level, line.command(), with_environment, resolved);
  }
  std::vector<ResolvedSetting> settings;
  for (const Positional& positional : line.command().positionals) {
    if (positional.key.empty()) continue;
    ResolvedSetting setting = resolved[&positional];
    setting.positional = &positional;
    if (has_arguments) setting.source = SettingSource::kLine;
    settings.push_back(std::move(setting));
  }
  for (const Option* const option : options) {
    ResolvedSetting setting = resolved[option];
    setting.option = option;
    settings.push_back(std::move(setting));
  }
  return settings;
}

void set_from_profile(const ResolvedSetting& setting) {
  const Binding& binding =
      setting.option != nullptr ? setting.option->binding() : setting.positional->binding;
  for (const PlacedText& text : setting.texts) {
    try {
      binding.set(text.text);
    } catch (const Error& error) {
      refuse_value(fmt::format("{}: {}", text.place.text(), setting.key()), text.text, error);
    }
  }
}

std::string wanted_profile(const GlobalOptions& options) {
  // There is no such variable of restic's.
  return options.profile_name.empty()
             ? environment_setting(kVariablePrefixes[0], "PROFILE").value_or("")
             : options.profile_name;
}

ParsedLine parse_with_profile(const Command& program, GlobalOptions& options,
                              const std::vector<std::string>& arguments) {
  std::string advice;
  ParsedLine parsed =
      parse_line(program, arguments, [&](const ParsedLine& line, std::vector<std::string>& words) {
        if (!options.profile) {
          const std::string name = wanted_profile(options);
          if (name.empty()) return;
          options.profile_name = name;
          options.profile = std::make_shared<const Profile>(Profile::load(name));
          check_keys(*options.profile, program,
                     [](const Place&, const Error& mistake) { throw Error(mistake); });
        }
        const std::vector<ResolvedSetting> settings =
            resolve_settings(*options.profile, line, !words.empty());
        advice = advice_on_repository(*options.profile, line, settings);
        for (const ResolvedSetting& setting : settings) {
          if (setting.source != SettingSource::kProfile) continue;
          if (setting.option != nullptr) {
            set_from_profile(setting);
          } else {
            for (const PlacedText& text : setting.texts) words.push_back(text.text);
          }
        }
      });
  if (!advice.empty()) parsed.advice.push_back(std::move(advice));
  return parsed;
}

}  // namespace snapfs
