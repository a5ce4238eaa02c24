#include "cli/option/mount_helper.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "cli/grammar/command.h"
#include "fs/backend/open/location.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

constexpr std::string_view kName = "mount.snapfs";
/// What mount(8) looks for when the type is given as the kernel shows it, fuse.snapfs.
constexpr std::string_view kFuseName = "mount.fuse.snapfs";

// What mount(8) hands on although it is not for us, or is what a mount of ours does anyway. "rw" is
// what it says when the user says nothing.
constexpr std::array<std::string_view, 41> kIgnored = {
    "ro",       "rw",         "auto",     "noauto",     "nofail",      "defaults",
    "user",     "users",      "nouser",   "nousers",    "owner",       "noowner",
    "group",    "nogroup",    "_netdev",  "nosuid",     "suid",        "nodev",
    "dev",      "exec",       "async",    "sync",       "atime",       "noatime",
    "relatime", "norelatime", "diratime", "nodiratime", "strictatime", "nostrictatime",
    "lazytime", "nolazytime", "silent",   "loud",       "comment",     "dirsync",
    "mand",     "nomand",     "iversion", "noiversion", "symfollow"};

// Options of the command that do not describe a mount.
constexpr std::array<std::string_view, 8> kNotHere = {
    "help", "version", "repo", "repository-file", "background", "quiet", "json", "fsname"};

constexpr std::string_view kHelp = R"(Usage: mount -t snapfs [-o OPTIONS] REPOSITORY MOUNTPOINT
       mount.snapfs REPOSITORY MOUNTPOINT [-sfnv] [-o OPTIONS]

Mounts the snapshots of a repository; for mount(8), /etc/fstab and systemd. OPTIONS are the long
options of "snapfs mount" without their dashes, such as
  password-file=FILE, no-lock, allow_other, owner-root, host=NAME, time-template=TEMPLATE

  -f    Check the options only
  -s    Ignore options that are not known
  -v    Say where the snapshots are
  -h    Print this
  -V    Print the version

Example:
  mount -t snapfs -o password-file=/root/snapfs-password,no-lock /srv/snapshots /mnt/snap

"snapfs mount --help" lists the options, "man mount.snapfs" says more.
)";

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kUsage, std::string(kName) + ": " + what);
}

template <std::size_t size>
bool contains(const std::array<std::string_view, size>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

bool is_ignored(std::string_view name) {
  return contains(kIgnored, name) || name.starts_with("x-") || name.starts_with("X-");
}

/// At commas outside of double quotes, which are dropped.
std::vector<std::string> split_options(std::string_view text) {
  std::vector<std::string> options(1);
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      options.emplace_back();
    } else {
      options.back() += c;
    }
  }
  std::erase(options, "");
  return options;
}

/// One option as the mount command's argument; empty when it is to be left out.
std::string translated(const std::string& option, const Command& program, bool sloppy) {
  const std::size_t equals = std::min(option.find('='), option.size());
  std::string name = option.substr(0, equals);
  if (is_ignored(name)) return {};
  if (name == "remount") refuse("a mount cannot be changed: unmount it, and mount it again");
  if (name == "noexec") name = "no-exec";
  std::ranges::replace(name, '_', '-');
  const Option* known = nullptr;
  if (!contains(kNotHere, name)) {
    known = program.find("mount")->find_option(name);
    if (known == nullptr) known = program.find_option(name);
  }
  if (known == nullptr) {
    if (sloppy) return {};
    refuse("there is no option \"" + option.substr(0, equals) +
           "\": \"snapfs mount --help\" lists what there is");
  }
  const bool has_value = equals < option.size();
  const bool wants_value = known->binding().wants_value();
  if (wants_value && !has_value) refuse("option \"" + name + "\" needs a value: " + name + "=…");
  if (!wants_value && has_value) refuse("option \"" + name + "\" takes no value");
  return "--" + name + option.substr(equals);
}

}  // namespace

bool is_mount_helper(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return false;
  const std::string& path = arguments.front();
  const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
  return name == kName || name == kFuseName;
}

MountHelperCall parse_mount_helper(const std::vector<std::string>& arguments,
                                   const Command& program) {
  std::vector<std::string> places;
  std::vector<std::string> options;
  MountHelperCall call;
  bool sloppy = false;
  bool verbose = false;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "-o" || argument == "-t" || argument == "-N") {
      if (++i == arguments.size()) refuse(argument + " needs a value");
      if (argument == "-N") refuse("other mount namespaces are not supported");
      if (argument == "-o")
        std::ranges::copy(split_options(arguments[i]), std::back_inserter(options));
    } else if (argument == "-h" || argument == "--help") {
      call.help = kHelp;
      return call;
    } else if (argument == "-V" || argument == "--version") {
      call.arguments = {"version"};
      return call;
    } else if (argument.starts_with('-') &&
               argument.find_first_not_of("-sfnv") == std::string::npos) {
      sloppy = sloppy || argument.find('s') != std::string::npos;
      verbose = verbose || argument.find('v') != std::string::npos;
      call.pretend = call.pretend || argument.find('f') != std::string::npos;
    } else if (argument.starts_with('-')) {
      refuse("there is no option \"" + argument + "\"");
    } else {
      places.push_back(argument);
    }
  }
  if (places.size() != 2) {
    refuse("usage: mount -t snapfs REPOSITORY MOUNTPOINT [-o password-file=FILE,…]");
  }
  call.arguments = {"mount", "--background", "--repo=" + places[0],
                    "--fsname=" + shown_location(places[0])};
  if (!verbose) call.arguments.push_back("--quiet");
  for (const std::string& option : options) {
    if (std::string argument = translated(option, program, sloppy); !argument.empty()) {
      call.arguments.push_back(std::move(argument));
    }
  }
  call.arguments.insert(call.arguments.end(), {"--", places[1]});
  return call;
}

}  // namespace snapfs
