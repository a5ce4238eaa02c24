#include "cli/profile/profile_units.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "cli/option/setting.h"
#include "cli/profile/profile_file.h"
#include "cli/profile/profile_keys.h"
#include "fs/base/durable_file.h"
#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/process/child_process.h"

namespace snapfs {
namespace {

/// A kind of unit, and the table that asks for it.
struct UnitKind {
  const char* name;     ///< before the '@'
  const char* ending;   ///< of what is enabled
  const char* command;  ///< whose table asks for it
  bool takes_credential;
};

constexpr std::string_view kSnapshotTable = "snapshot";

/// A mount with a credential would have a namespace of its own, where nobody sees it.
constexpr std::array<UnitKind, 3> kKinds = {{{"snapfs-run", "timer", kSnapshotTable.data(), true},
                                             {"snapfs-check", "timer", "check", true},
                                             {"snapfs-mount", "service", "mount", false}}};

void require_unit_name(const std::string& name) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.";
  if (!name.empty() && name.find_first_not_of(kAllowed) == std::string::npos) return;
  throw Error(
      ErrorCode::kUsage,
      fmt::format("\"{}\" cannot be part of a unit's name: give the name of a profile in {}, "
                  "of letters, digits, and the signs : - _ .",
                  name, profile_directories().front()));
}

/// Where an administrator, or a user, puts what goes beyond the units that are installed.
std::string unit_directory(UnitManager manager) {
  if (manager == UnitManager::kSystem) return "/etc/systemd/system";
  return join_path(std::filesystem::path(profile_directories().front()).parent_path().string(),
                   "systemd/user");
}

std::string drop_in_path(const UnitKind& kind, const std::string& name, UnitManager manager) {
  return join_path(unit_directory(manager),
                   fmt::format("{}@{}.service.d/snapfs.conf", kind.name, name));
}

/// A percent sign begins a specifier in units.
std::string unit_text(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '%' ? "%%" : std::string(1, c);
  return result;
}

/// The password file that the profile has for the command; empty: none, or one that a unit cannot
/// name.
std::string password_file(const Profile& profile, const Command& program, const char* command) {
  for (const ProfileLevel& level : levels_for(profile, {&program, program.find(command)})) {
    for (const ProfileSetting& setting : level) {
      if (setting.subject() != "password") continue;
      if (setting.option->name() != "password-file" || setting.texts.empty()) return {};
      const std::string& path = setting.texts.back().text;
      return path.find_first_of(":\n\"'\\") == std::string::npos ? path : "";
    }
  }
  return {};
}

/// That of all the unit does; empty: there is none that is of all.
std::string password_file(const Profile& profile, const Command& program, const UnitKind& kind) {
  std::string path = password_file(profile, program, kind.command);
  // A run forgets as well, and what counts for both of them is all that it can be given.
  const bool is_run = kind.command == kSnapshotTable;
  if (is_run && password_file(profile, program, "forget") != path) path.clear();
  return path;
}

/// By what snapshots of file systems are made that runs read: "btrfs"; "none" or empty when none
/// are.
std::string frozen_by(const Profile& profile, const Command& program) {
  const Command* const command = program.find("snapshot");
  for (const auto& path : commands_in(profile, program)) {
    if (path.back() != command) continue;
    // The strongest first.
    for (const ProfileLevel& level : levels_for(profile, path)) {
      std::string kind;
      for (const ProfileSetting& setting : level) {
        if (setting.option == nullptr || setting.option->name() != "source-snapshot") continue;
        if (!setting.texts.empty()) kind = setting.texts.back().text;
      }
      if (!kind.empty()) return kind;
    }
  }
  return {};
}

/// What a run may do besides, to make and mount such a snapshot.
std::string freezing_lines(const std::string& kind) {
  if (kind.empty() || kind == "none") return {};
  // What keeps set-user-ID bits from being set forbids openat2(2), too: systemd cannot see what
  // that call is asked for.
  std::string lines = "SystemCallFilter=@mount\nRestrictSUIDSGID=false\n";
  // lvcreate(8) makes none without having written there.
  if (kind == "lvm") lines += "ReadWritePaths=-/etc/lvm/archive -/etc/lvm/backup\n";
  return lines;
}

/// What the unit needs beyond what is installed; empty: nothing.
std::string drop_in_text(const UnitKind& kind, const Profile& profile, const Command& program,
                         UnitManager manager) {
  std::string lines;
  const std::string password =
      kind.takes_credential ? password_file(profile, program, kind) : std::string();
  if (!password.empty()) {
    lines += fmt::format("LoadCredential=snapfs-password:{}\n", unit_text(password));
  }
  const bool is_hardened = manager == UnitManager::kSystem && kind.command == kSnapshotTable;
  if (is_hardened) lines += freezing_lines(frozen_by(profile, program));
  if (lines.empty()) return {};
  return fmt::format(
      "# Of \"snapfs profile enable {}\"; \"snapfs profile disable {}\" removes it.\n[Service]\n{}",
      profile.name(), profile.name(), lines);
}

bool is_asked_for(const UnitKind& kind, const Profile& profile, const Command& program) {
  const Command* const command = program.find(kind.command);
  for (const auto& path : commands_in(profile, program)) {
    if (path.back() != command) continue;
    if (kind.takes_credential) return true;
    for (const ProfileLevel& level : levels_for(profile, path)) {
      if (std::ranges::any_of(
              level, [](const ProfileSetting& setting) { return setting.positional != nullptr; })) {
        return true;
      }
    }
  }
  return false;
}

void run_systemctl(UnitManager manager, std::vector<std::string> words) {
  std::vector<std::string> arguments = {"systemctl"};
  if (manager == UnitManager::kUser) arguments.emplace_back("--user");
  arguments.insert(arguments.end(), words.begin(), words.end());
  ChildOptions options;
  options.output = ChildOutput::kOurErrors;
  options.secrets = ChildSecrets::kNone;
  try {
    const int status = ChildProcess(arguments, options).wait();
    if (status == 0) return;
    throw Error(ErrorCode::kIo, fmt::format("\"systemctl {}\" failed with status {}, see above",
                                            words.front(), status));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    throw Error(ErrorCode::kNotFound,
                "there is no systemctl here: have cron run \"snapfs -P NAME run\" (see "
                "snapfs-run(1))");
  }
}

}  // namespace

ProfileUnits units_for(const Profile& profile, const Command& program, UnitManager manager) {
  require_unit_name(profile.name());
  ProfileUnits units;
  for (const UnitKind& kind : kKinds) {
    if (!is_asked_for(kind, profile, program)) continue;
    units.names.push_back(fmt::format("{}@{}.{}", kind.name, profile.name(), kind.ending));
    const std::string text = drop_in_text(kind, profile, program, manager);
    if (!text.empty()) {
      units.drop_ins.push_back({drop_in_path(kind, profile.name(), manager), text});
    }
  }
  if (units.names.empty()) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{} has nothing that units could do: no [snapshot], no [check], and no "
                            "mountpoint in [mount]",
                            profile.path()),
                profile.path());
  }
  return units;
}

ProfileUnits all_units(const std::string& name, UnitManager manager) {
  require_unit_name(name);
  ProfileUnits units;
  for (const UnitKind& kind : kKinds) {
    units.names.push_back(fmt::format("{}@{}.{}", kind.name, name, kind.ending));
    if (kind.takes_credential) units.drop_ins.push_back({drop_in_path(kind, name, manager), ""});
  }
  return units;
}

ProfileUnits units_beside(const ProfileUnits& units, const std::string& name, UnitManager manager) {
  ProfileUnits others = all_units(name, manager);
  std::erase_if(others.names, [&](const std::string& other) {
    return std::ranges::find(units.names, other) != units.names.end();
  });
  std::erase_if(others.drop_ins, [&](const ProfileUnits::DropIn& other) {
    return std::ranges::find(units.drop_ins, other.path, &ProfileUnits::DropIn::path) !=
           units.drop_ins.end();
  });
  return others;
}

void enable_units(const ProfileUnits& units, UnitManager manager) {
  for (const ProfileUnits::DropIn& drop_in : units.drop_ins) {
    std::error_code error;
    const std::string directory = parent_directory(drop_in.path);
    std::filesystem::create_directories(directory, error);
    if (error) throw_errno(error.value(), "make the directory", directory);
    DurableFile file(drop_in.path);
    file.write(as_bytes(drop_in.text));
    file.publish(0644);
  }
  run_systemctl(manager, {"daemon-reload"});
  std::vector<std::string> words = {"enable", "--now"};
  words.insert(words.end(), units.names.begin(), units.names.end());
  run_systemctl(manager, std::move(words));
}

void disable_units(const ProfileUnits& units, UnitManager manager) {
  if (!units.names.empty()) {
    std::vector<std::string> words = {"disable", "--now"};
    words.insert(words.end(), units.names.begin(), units.names.end());
    run_systemctl(manager, std::move(words));
  }
  for (const ProfileUnits::DropIn& drop_in : units.drop_ins) {
    std::error_code ignored;
    std::filesystem::remove(drop_in.path, ignored);
    // Only if nothing else is in it.
    std::filesystem::remove(parent_directory(drop_in.path), ignored);
  }
  run_systemctl(manager, {"daemon-reload"});
}

}  // namespace snapfs
