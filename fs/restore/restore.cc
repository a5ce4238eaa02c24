// Plan, carry out, plan on: memory is bounded by what one plan may hold.
#include "fs/restore/restore.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/restore/content_writer.h"
#include "fs/restore/context.h"
#include "fs/restore/no_room.h"
#include "fs/restore/planner.h"

namespace snapfs {

namespace {

/// Of a directory that was just made: it would pass them on to all that is restored.
void remove_inherited_lists(const std::string& path) {
  for (const char* const list : {"system.posix_acl_access", "system.posix_acl_default"}) {
    if (::removexattr(path.c_str(), list) != 0 && errno != ENODATA && errno != EOPNOTSUPP) {
      throw_errno(errno, "remove the inherited access control list of", path);
    }
  }
}

/// Makes the directory and those above it, as far as they are not there.
void make_directories(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), 0700) == 0) {
      remove_inherited_lists(part);
    } else if (errno != EEXIST && errno != EISDIR && errno != EROFS && errno != EACCES) {
      throw_errno(errno, "make the directory", part);
    }
    if (end == std::string::npos) return;
  }
}

struct Target {
  UniqueFd fd;  ///< empty: not there, and not to be made
  Directory::State state = Directory::State::kMissing;
};

Target open_target(const std::string& path, bool dry_run) {
  struct stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (!exists && dry_run) return {};
  if (!exists) make_directories(path);
  return {open_file(path, O_RDONLY | O_DIRECTORY),
          exists ? Directory::State::kExisting : Directory::State::kFresh};
}

}  // namespace

void restore_tree(Repository& repository, const Id& tree, const std::string& target, TargetFs& fs,
                  const RestoreOptions& options, RestoreProgress& progress, StopToken stop) {
  Target opened = open_target(target, options.dry_run);
  Directories directories(fs, std::move(opened.fd));
  directories.root().state = opened.state;
  MetadataSetter metadata(fs, options.select_attribute);
  LeftOutFiles left_out;
  Fetcher fetcher(repository);
  const RestoreContext context{repository,  fetcher,  fs,       options, progress,
                               directories, metadata, left_out, stop};
  Planner planner(context, tree);
  ContentWriter writer(context);
  Plan plan;
  try {
    while (planner.next(plan)) {
      writer.write(plan);
      planner.put_back(std::move(plan.links));
    }
  } catch (const DiskFullError& error) {
    left_out.report(progress);
    // Of what was planned: nobody has looked at the rest yet.
    constexpr std::uint64_t kMib = std::uint64_t{1} << 20;
    const std::uint64_t left = progress.bytes_total - progress.bytes_restored;
    if (left == 0) throw;
    throw DiskFullError(
        error.code(),
        fmt::format("{} (at least {} MiB more are needed)", error.what(), left / kMib + 1),
        error.subject());
  }
  left_out.report(progress);
}

void restore_tree(Repository& repository, const Id& tree, const std::string& target,
                  const RestoreOptions& options, RestoreProgress& progress, StopToken stop) {
  TargetFs fs;
  restore_tree(repository, tree, target, fs, options, progress, std::move(stop));
}

}  // namespace snapfs
