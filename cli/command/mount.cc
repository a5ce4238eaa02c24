// snapfs mount: shows the snapshots as directories until it is told to end.
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/option/filter_options.h"
#include "cli/option/global_options.h"
#include "cli/option/quantity.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "cli/process/service_manager.h"
#include "cli/process/signals.h"
#include "cli/process/unmount.h"
#include "cli/session/cache_directory.h"
#include "cli/session/lock_option.h"
#include "cli/session/session.h"
#include "fs/base/error.h"
#include "fs/base/shell_word.h"
#include "fs/process/child_variables.h"
#include "fs/time/duration.h"
#include "mount/fuse/errno_guard.h"
#include "mount/fuse/mountpoint.h"
#include "mount/fuse/server.h"

namespace snapfs {
namespace {

struct MountArguments {
  std::string mountpoint;
  bool no_default_permissions = false;
  bool no_push = false;
  bool no_xattrs = false;
  std::int64_t blob_cache_mebibytes = ReaderOptions{}.blob_cache_bytes >> 20;
  std::int64_t tree_cache_mebibytes = MountOptions{}.tree_cache_bytes >> 20;
  std::string data_cache;
  std::string time_template;
  FilterOptions filter;
  std::string request_timeout;
  MountOptions mount;
};

constexpr std::int64_t kMinCacheMebibytes = 16;
constexpr std::int64_t kMaxCacheMebibytes = 1 << 20;

void check_cache_size(std::int64_t mebibytes) {
  if (mebibytes >= kMinCacheMebibytes && mebibytes <= kMaxCacheMebibytes) return;
  throw Error(ErrorCode::kUsage,
              fmt::format("{} is no cache size: it is a number of MiB from {} to {}", mebibytes,
                          kMinCacheMebibytes, kMaxCacheMebibytes));
}

/// Which snapshots are shown, and how.
ViewOptions view_options(const MountArguments& arguments) {
  ViewOptions view = arguments.mount.view;
  if (!arguments.time_template.empty()) view.time_template = TimeTemplate(arguments.time_template);
  view.filter = arguments.filter.filter();
  return view;
}

/// Nothing when it was not given.
std::optional<std::chrono::seconds> parse_timeout(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return parse_seconds(text);
}

void announce(const GlobalOptions& options, const std::string& mountpoint) {
  if (options.json) {
    JsonObject object;
    object.text("message_type", "mounted").text("mountpoint", mountpoint);
    print(object.finish() + "\n");
  } else if (!options.quiet) {
    print(fmt::format(
        "The snapshots are at {}\n"
        "{}un \"snapfs umount {}\" when you are done.\n",
        mountpoint, options.background ? "R" : "Press Ctrl-C here, or r", shell_word(mountpoint)));
  }
}

/// What cannot be said is no success, for mounts as for all commands: it is taken away again.
void announce_ready(const GlobalOptions& options, const std::string& mountpoint) {
  try {
    announce(options, mountpoint);
  } catch (const OutputClosed&) {
    throw;
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: nothing was mounted, --quiet mounts without a word",
                                          error.what()));
  }
}

/// From here on there is no terminal. The directory we were started in shall not stay busy; only a
/// repository that is named from there needs it.
void go_to_background(const GlobalOptions& options, const std::string& repository_directory) {
  options.detach();
  const bool is_named_from_here =
      !repository_directory.empty() && !repository_directory.starts_with('/');
  if (!is_named_from_here && ::chdir("/") != 0) throw_errno(errno, "enter", "/");
}

/// SIGUSR1 shows what the server does, while it lives.
class StatusOnSignal {
 public:
  StatusOnSignal(Signals& signals, const MountServer& server) : signals_(signals) {
    signals.set_report([&server] { print_report(server.status()); });
  }
  ~StatusOnSignal() { signals_.set_report({}); }
  StatusOnSignal(const StatusOnSignal&) = delete;
  StatusOnSignal& operator=(const StatusOnSignal&) = delete;

 private:
  Signals& signals_;
};

/// With what the session is told beside the options that all commands have.
GlobalOptions with_data_cache(GlobalOptions options, const std::string& size) {
  if (size.empty()) return options;
  if (options.no_cache) {
    throw Error(ErrorCode::kUsage,
                "--data-cache keeps what --no-cache says not to keep: give one of them");
  }
  options.kept_content_bytes = parse_size(size);
  return options;
}

/// Access that an ACL denies must not be given because nobody looks at ACLs.
void check_access_options(const MountArguments& arguments) {
  if (!arguments.no_xattrs || !arguments.mount.allow_other || arguments.no_default_permissions) {
    return;
  }
  throw Error(
      ErrorCode::kUsage,
      "--no-xattrs hides the ACLs by which --allow-other decides who may look: leave out one "
      "of them, or add --no-default-permissions to show every user everything");
}

ExitCode run_mount(const GlobalOptions& global, const MountArguments& arguments, Signals& signals) {
  const GlobalOptions options = with_data_cache(global, arguments.data_cache);
  check_access_options(arguments);
  check_cache_size(arguments.blob_cache_mebibytes);
  check_cache_size(arguments.tree_cache_mebibytes);
  ViewOptions view = view_options(arguments);
  const auto request_timeout = parse_timeout(arguments.request_timeout);
  const ServiceManager manager;
  manager.tell("STATUS=opening the repository");
  set_mount_log([](const std::string& line) {
    if (line.starts_with("warning: ")) return print_warning(false, "", line);
    print_error(line);
  });
  check_fuse_available();
  if (arguments.mount.allow_other) check_may_allow_others();
  Session session(
      options, signals,
      lock_unless(options.no_lock,
                  WantedLock(LockMode::kShared).reading(kSnapshotsAndIndex).settling_later()),
      Writing::kAllowed, std::filesystem::absolute(arguments.mountpoint));
  // Until there is a repository to mount, the error of a dead one is better than an empty
  // directory, which a mirror of it would be emptied by.
  if (clear_dead_mount(arguments.mountpoint, signals.token())) {
    print_warning(false, "",
                  "the mount of a program that died was taken away from " + arguments.mountpoint);
  }
  const std::string mountpoint = check_mountpoint(arguments.mountpoint, session.directory());
  if (const auto directory = cache_directory(options)) {
    session.repository().use_index_cache(*directory);
  }
  MountOptions mount = arguments.mount;
  if (mount.fsname.empty() && !session.directory().empty()) {
    // The table of mounts is read from elsewhere.
    mount.fsname = std::filesystem::weakly_canonical(session.directory()).string();
  } else if (mount.fsname.empty()) {
    mount.fsname = session.repository().files().location();
  }
  mount.view = std::move(view);
  mount.default_permissions = !arguments.no_default_permissions;
  mount.xattrs = !arguments.no_xattrs;
  mount.reader.push = !arguments.no_push;
  mount.reader.blob_cache_bytes = static_cast<std::size_t>(arguments.blob_cache_mebibytes) << 20;
  mount.tree_cache_bytes = static_cast<std::size_t>(arguments.tree_cache_mebibytes) << 20;
  if (request_timeout) mount.request_timeout = *request_timeout;
  MountServer* running = nullptr;
  std::exception_ptr failure;
  mount.on_ready = [&] {
    try {
      announce_ready(options, mountpoint);
      if (options.detach) go_to_background(options, session.directory());
      manager.tell(fmt::format("READY=1\nSTATUS=the snapshots are at {}\nMAINPID={}", mountpoint,
                               ::getpid()));
    } catch (const std::exception&) {
      failure = std::current_exception();
      running->stop();
    }
  };
  drop_passwords_from_environment();  // libfuse starts fusermount3 with all of it
  MountServer server(session.repository(), mountpoint, std::move(mount));
  running = &server;
  const StatusOnSignal status(signals, server);
  session.require_lock();
  const std::stop_callback stopping(session.stop(),
                                    [&manager] { manager.tell("STOPPING=1\nSTATUS=unmounting"); });
  {
    // The report takes what every request takes: where that is not to be had, nothing is answered.
    const Heartbeat heartbeat(manager, [&server] { (void)server.status(); });
    server.run(session.stop());
  }
  if (failure) std::rethrow_exception(failure);
  // Ctrl-C is the ordinary end of a mount; a lost lock is not.
  if (!signals.reason().empty()) throw cancelled_error();
  return ExitCode::kSuccess;
}

void add_view_options(Command& command, MountArguments& arguments) {
  const char* const group = "The view";
  command.add(
      group, {
                 Option("--path-template", "TEMPLATE", &arguments.mount.view.path_templates,
                        "Lay the snapshots out by TEMPLATE (may be repeated): %i %I %u %h %t %p %T")
                     .otherwise(fmt::format("{}", fmt::join(default_path_templates(), ", "))),
                 Option("--time-template", "TEMPLATE", &arguments.time_template,
                        "Write %T as TEMPLATE has the time 2006-01-02 15:04:05 -0700")
                     .otherwise(TimeTemplate::kUsual),
                 Option("--snapshot-template", "TEMPLATE", &arguments.time_template, "")
                     .deprecated("use --time-template"),
                 {"--prefetch-file", &arguments.mount.view.prefetch_file,
                  "Load what is below paths that are written to .snapfs/prefetch"},
             });
  add_filter_options(command, arguments.filter);
}

void add_mount_options(Command& command, MountArguments& arguments) {
  const char* const access = "Who may look";
  command.add(access, {
                          {"--allow-other", &arguments.mount.allow_other,
                           "Let other users in, as the files' modes allow"},
                          {"--no-default-permissions", &arguments.no_default_permissions,
                           "With --allow-other: show every user everything"},
                          {"--owner-root", &arguments.mount.view.owner_root,
                           "Show everything as owned by root"},
                      });
  add_view_options(command, arguments);
  const char* const memory = "Memory";
  command.add("Running", {"--no-push", &arguments.no_push,
                          "Hand no small files to the kernel before they are read"});
  command.add("Running", {"--no-xattrs", &arguments.no_xattrs,
                          "Show no extended attributes and no ACLs: copies take half the time"});
  command.add("Running", Option("--request-timeout", "DURATION",
                                Binding::checked(&arguments.request_timeout, parse_seconds),
                                "Have what waits longer for the storage fail; 0: wait for ever")
                             .otherwise("5m"));
  command.add(memory, {
                          {"--blob-cache", "MIB", &arguments.blob_cache_mebibytes,
                           "Keep at most MIB of file content in memory"},
                          {"--tree-cache", "MIB", &arguments.tree_cache_mebibytes,
                           "Keep at most MIB of directories in memory"},
                          Option("--data-cache", "SIZE",
                                 Binding::checked(&arguments.data_cache, parse_size),
                                 "Keep at most SIZE (20G) of file content in the cache on disk")
                              .otherwise("none"),
                      });
}

}  // namespace

Command mount_command(GlobalOptions& options) {
  Command command("mount", "Show the snapshots as directories of ordinary files");
  MountArguments& arguments = bind_command(command, options, run_mount);
  command.take("MOUNTPOINT", &arguments.mountpoint, "An existing directory");
  command.positionals.back().key = "mountpoint";
  add_mount_options(command, arguments);
  // For mount.snapfs: mount(8) recognises its line of fstab by it.
  command.add("Options", Option("--fsname", &arguments.mount.fsname, "").hidden());
  command.add("Running", {"-b,--background", &options.background,
                          "Return when the mount can be used; messages then go to syslog"});
  command.add("Who may look",
              {"--no-exec", &arguments.mount.no_exec, "Refuse to run programs from the mount"});
  command.footer = R"(
Below MOUNTPOINT:
  snapshots/TIME, snapshots/latest    by time
  ids/ID, hosts/HOST/TIME, tags/TAG/TIME
  paths/HOST/PATHS/TIME               by what they are of: one directory for each backup job
  at/TIME                             the newest not after a time: at/yesterday, at/2026-11-01
  hosts/HOST/at/TIME, paths/HOST/PATHS/at/TIME   the same of these snapshots only
  changed/A..B                        what differs between two of them
  versions/PATH/TIME                  the versions of one file or directory

Examples:
  snapfs mount ~/mnt
  snapfs mount --background ~/mnt; snapfs umount ~/mnt
  mount -t snapfs /srv/snapshots /mnt/snap -o password-file=/root/password,no-lock
  cp -a ~/mnt/snapshots/latest/home/me/work/report.odt .
  rsync -aHAX ~/mnt/snapshots/latest/etc/ /etc/)";
  return command;
}

}  // namespace snapfs
