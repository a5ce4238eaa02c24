#include "cli/profile/profile_template.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include "cli/profile/profile_file.h"
#include "cli/profile/profile_text.h"
#include "fs/base/durable_file.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/private_directory.h"

namespace snapfs {
namespace {

constexpr std::string_view kTemplate = R"(# A profile of snapfs; "man snapfs-profile" describes it.
#
# Keys are the long names of options: outside of tables those that every command has, in a table
# those of its command, such as [snapshot] or [forget]. Relative paths start from the directory of
# this file, and ~ is the home directory. "snapfs profile check" finds mistakes.

# Another profile, of which everything is taken over that is not said here:
#inherit = "common"

# A directory, or rest:https://…, s3:https://…, sftp:HOST:PATH, rclone:REMOTE:PATH.
repository = {}

# The password is never in a profile. A file that only you can read, or a command that prints it:
password-file = {}
#password-command = "secret-tool lookup snapfs {}"

#compression = "auto"
#cache-size = "4G"
#limit-upload = 2000        # KiB a second

#[options]                  # what "snapfs options" lists
#s3.region = "eu-central-1"

[snapshot]
sources = ["~"]
exclude-caches = true
one-file-system = true
exclude = [
  "~/.cache",
  "~/Downloads/*.iso",
]
#exclude-file = "excludes.txt"
#tag = ["nightly"]
retry-lock = "2h"           # wait so long for a check that is under way

# What "snapfs run" keeps after the snapshot. Without this table nothing is forgotten.
[forget]
host = [{}]   # without this line, the policy is applied to the snapshots of other hosts, too
keep-daily = 7
keep-weekly = 5
keep-monthly = 12
#keep-yearly = "unlimited"
prune = true                # frees the space as well
retry-lock = "2h"

[check]
read-data-subset = "5%"
retry-lock = "2h"           # wait so long for a run

#[mount]
#mountpoint = "~/snapshots"
#no-lock = true             # or it keeps runs from forgetting while it is there

#[restore]
#target = "~/restored"

# Commands for the shell around "snapfs run"; [snapshot.hooks] and so on for single commands.
#[hooks]
#before = ["pg_dump --file ~/db.sql db"]
#after = ["curl --silent https://hc.example.org/ping"]
#failed = ["curl --silent https://hc.example.org/ping/$SNAPFS_EXIT_STATUS"]
#finally = ["rm -f ~/db.sql"]
)";

}  // namespace

std::string profile_template(const ProfileStart& start) {
  const auto or_example = [](const std::string& text, std::string_view example) {
    return toml_string(text.empty() ? example : text);
  };
  return fmt::format(kTemplate, or_example(start.repository, "/srv/snapshots"),
                     or_example(start.password_file, "~/.snapfs-password"), "NAME",
                     toml_string(start.hostname));
}

void write_new_profile(const std::string& path, const std::string& text) {
  const std::string directory = parent_directory(path);
  if (directory == profile_directories().back()) {
    // The machine's is for all to look into, as packages make it: the file's own mode decides.
    const bool is_made =
        ::mkdir(directory.c_str(), 0700) == 0 && ::chmod(directory.c_str(), 0755) == 0;
    if (!is_made && errno != EEXIST) throw_errno(errno, "make the directory", directory);
  } else {
    make_private_directories(directory);
  }
  UniqueFd fd;
  try {
    fd = open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  } catch (const Error& failure) {
    if (failure.code() != ErrorCode::kExists) throw;
    throw Error(ErrorCode::kExists,
                fmt::format("{} is there already, and stays as it is: edit it, or choose another "
                            "name",
                            path),
                path);
  }
  try {
    write_all(fd.get(), as_bytes(text), path);
    if (::fsync(fd.get()) != 0) throw_errno(errno, "write", path);
  } catch (const Error&) {
    ::unlink(path.c_str());  // half of it would only be in the way
    throw;
  }
  sync_directory(directory);
}

}  // namespace snapfs
