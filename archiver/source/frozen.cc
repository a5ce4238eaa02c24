// Two kinds of directories. A live one looks, whenever it leads to another directory, whether that
// has a frozen root's device number; if so the same directory is opened in the snapshot, by its
// path in the file system. A frozen one reads the snapshot, but for the borders (mountpoints and
// subvolumes below), where it asks a live directory of the same path. So each leads to the other,
// however file systems lie in each other.
#include "archiver/source/frozen.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <type_traits>
#include <utility>

#include "archiver/source/local_dir.h"
#include "archiver/source/local_file.h"
#include "archiver/source/local_xattr.h"
#include "fs/base/path.h"

namespace snapfs {
namespace {

// What Btrfs shows of a subvolume inside a snapshot: BTRFS_EMPTY_SUBVOL_DIR_OBJECTID. Everything
// else has larger numbers.
constexpr std::uint64_t kSubvolumeStub = 2;

/// Opens a directory to pass through it; fails where a symbolic link is in the path, or leads out
/// of `dir_fd` if `resolve` says so.
UniqueFd open_plainly(int dir_fd, const std::string& name, std::uint64_t resolve) noexcept {
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS | resolve;
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, dir_fd, name.c_str(), &how, sizeof how)));
}

/// Opens a directory to pass through it, without following a symbolic link.
UniqueFd open_itself(int dir_fd, const std::string& name) noexcept {
  return UniqueFd(::openat(dir_fd, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

}  // namespace

/// What all handles of a source share.
struct FrozenSource::Shared : std::enable_shared_from_this<FrozenSource::Shared> {
  /// A directory in a snapshot.
  struct Place {
    const FrozenRoot* root;
    std::string below;      // the root
    std::string live_path;  // resolved
  };

  FrozenFiles files;
  StopToken stop;

  bool is_frozen(std::uint64_t device) const {
    return std::ranges::find(files.roots, device, &FrozenRoot::device) != files.roots.end();
  }

  std::map<std::string, Place> frozen_borders;

  /// What the live directory is in a snapshot; nothing when it is in none. `path` is for messages.
  /// Throws SourceError.
  std::optional<Place> place_of(int live, const std::string& path) const;

  /// Whether a border is at that resolved path, or below it.
  bool is_border(const std::string& live_path) const {
    return std::ranges::binary_search(files.borders, live_path);
  }
  bool has_borders_below(const std::string& live_path) const {
    const std::string below = join_path(live_path, "");
    const auto found = std::ranges::lower_bound(files.borders, below);
    return found != files.borders.end() && found->starts_with(below);
  }

  const Place* frozen_border(const std::string& live_path) const {
    const auto found = frozen_borders.find(live_path);
    return found == frozen_borders.end() ? nullptr : &found->second;
  }

  static UniqueFd open(const Place& place, const std::string& path);
  std::unique_ptr<SourceDir> enter_live(UniqueFd fd, const std::string& path) const;
  std::unique_ptr<SourceDir> open_frozen(const Place& place, const std::string& path,
                                         LocalDir::Kind kind) const;
};

namespace {

using Shared = FrozenSource::Shared;
using Kind = LocalDir::Kind;

/// A directory of this machine with something to decide about what it leads to.
class GuidedDir : public SourceDir {
 public:
  GuidedDir(std::shared_ptr<const Shared> shared, std::unique_ptr<LocalDir> directory)
      : shared_(std::move(shared)), directory_(std::move(directory)) {}

  const SourceMetadata& metadata() const noexcept override { return directory_->metadata(); }
  const std::string& path() const noexcept override { return directory_->path(); }
  std::vector<std::string> list() override { return directory_->list(); }
  std::unique_ptr<SourceFile> open_file(const std::string& name) const override {
    return directory_->open_file(name);
  }
  bool ctime_covers_attributes() const noexcept override {
    return directory_->ctime_covers_attributes();
  }
  std::string read_link(const std::string& name) const override {
    return directory_->read_link(name);
  }
  SourceAttributes attributes(const std::string& name) const override {
    return directory_->attributes(name);
  }
  SourceAttributes attributes() const override { return directory_->attributes(); }

 protected:
  std::string child(const std::string& name) const { return join_path(path(), name); }
  const Shared& shared() const noexcept { return *shared_; }
  const std::shared_ptr<const Shared>& shared_pointer() const noexcept { return shared_; }
  LocalDir& directory() const noexcept { return *directory_; }

 private:
  std::shared_ptr<const Shared> shared_;
  std::unique_ptr<LocalDir> directory_;
};

SourceAttributes attributes_of(const Shared::Place& place, const std::string& path) {
  return read_attributes_of_path_fd(Shared::open(place, path).get(), path);
}

class LiveDir final : public GuidedDir {
 public:
  using GuidedDir::attributes;
  using GuidedDir::GuidedDir;

  SourceMetadata lstat(const std::string& name) const override {
    const SourceMetadata metadata = directory().lstat(name);
    auto place = place_at(name, metadata);
    return place ? shared().open_frozen(*place, child(name), Kind::kPlace)->metadata() : metadata;
  }

  std::unique_ptr<SourceDir> open_dir(const std::string& name) const override {
    std::unique_ptr<LocalDir> below = directory().open_below(name);
    auto place = shared().place_of(below->descriptor(), child(name));
    if (place) return shared().open_frozen(*place, child(name), Kind::kListable);
    return std::make_unique<LiveDir>(shared_pointer(), std::move(below));
  }

  std::unique_ptr<SourceDir> enter(const std::string& name) const override {
    return shared().enter_live(open_place(directory().descriptor(), name, child(name)),
                               child(name));
  }

  SourceAttributes attributes(const std::string& name) const override {
    try {
      const auto place = place_at(name, directory().lstat(name));
      if (place) return attributes_of(*place, child(name));
    } catch (const SourceError&) {
      // It cannot be looked at: asking for its attributes will say the same.
    }
    return directory().attributes(name);
  }

 private:
  std::optional<Shared::Place> place_at(const std::string& name,
                                        const SourceMetadata& metadata) const {
    if (!metadata.is_directory() || !shared().is_frozen(metadata.device_id)) return std::nullopt;
    const UniqueFd fd = open_itself(directory().descriptor(), name);
    if (!fd) throw source_error(errno, "stat", child(name));
    return shared().place_of(fd.get(), child(name));
  }
};

class FrozenDir final : public GuidedDir {
 public:
  FrozenDir(std::shared_ptr<const Shared> shared, std::unique_ptr<LocalDir> directory,
            const FrozenRoot& root, std::string live_path)
      : GuidedDir(std::move(shared), std::move(directory)),
        root_(root),
        live_path_(std::move(live_path)),
        has_borders_(this->shared().has_borders_below(live_path_)) {}

  std::vector<std::string> list() override {
    std::vector<std::string> names = directory().list();
    if (!root_.hidden_prefix.empty()) {
      std::erase_if(names, [&](const std::string& name) {
        return name.starts_with(root_.hidden_prefix) && is_stub(directory().lstat(name));
      });
    }
    listed_ = names;
    return names;
  }

  SourceMetadata lstat(const std::string& name) const override {
    if (const auto* const place = frozen_border(name)) {
      return shared().open_frozen(*place, child(name), Kind::kPlace)->metadata();
    }
    if (is_border(name)) return outside()->lstat(name);
    const SourceMetadata metadata = lasting(name, [&] { return directory().lstat(name); });
    return is_stub(metadata) ? lstat_stub(name) : metadata;
  }

  std::unique_ptr<SourceFile> open_file(const std::string& name) const override {
    if (is_border(name)) return outside()->open_file(name);
    return lasting(name, [&] { return directory().open_file(name); });
  }

  std::unique_ptr<SourceDir> open_dir(const std::string& name) const override {
    if (const auto* const place = frozen_border(name)) {
      return shared().open_frozen(*place, child(name), Kind::kListable);
    }
    if (is_border(name)) return outside()->open_dir(name);
    std::unique_ptr<LocalDir> found = lasting(name, [&] { return directory().open_below(name); });
    if (is_stub(found->metadata())) return outside()->open_dir(name);
    return below(std::move(found), name);
  }

  std::unique_ptr<SourceDir> enter(const std::string& name) const override {
    if (const auto* const place = frozen_border(name)) {
      return shared().open_frozen(*place, child(name), Kind::kPlace);
    }
    const bool is_here = !is_border(name) && open_itself(directory().descriptor(), name);
    // A symbolic link may lead anywhere.
    if (!is_here) return outside()->enter(name);
    std::unique_ptr<LocalDir> found = directory().enter_below(name);
    if (is_stub(found->metadata())) return outside()->enter(name);
    return below(std::move(found), name);
  }

  std::string read_link(const std::string& name) const override {
    if (is_border(name)) return outside()->read_link(name);
    return lasting(name, [&] { return directory().read_link(name); });
  }

  SourceAttributes attributes(const std::string& name) const override {
    if (!is_border(name)) return directory().attributes(name);
    try {
      if (const auto* const place = frozen_border(name)) return attributes_of(*place, child(name));
      return outside()->attributes(name);
    } catch (const SourceError& error) {
      return {.items = {}, .failures = {error}};
    }
  }
  using GuidedDir::attributes;

 private:
  /// What was listed in a snapshot is there as long as that is: it did not vanish.
  template <class Action>
  std::invoke_result_t<Action> lasting(const std::string& name, const Action& action) const {
    try {
      return action();
    } catch (const SourceError& error) {
      const bool was_there = std::ranges::find(listed_, name) != listed_.end();
      if (!was_there || !error.vanished()) throw;
    }
    throw SourceError(0, "the snapshot of its file system was removed while it was read",
                      child(name));
  }

  bool is_stub(const SourceMetadata& metadata) const noexcept {
    return root_.has_subvolumes && metadata.is_directory() && metadata.inode == kSubvolumeStub;
  }

  /// It may be one in the live file system, too, where that is a snapshot itself; then it is the
  /// empty directory that it seems to be. Otherwise there was a subvolume.
  SourceMetadata lstat_stub(const std::string& name) const {
    try {
      const SourceMetadata live = outside()->lstat(name);
      if (is_stub(live)) return live;
    } catch (const SourceError& error) {
      if (!error.vanished()) throw;
    }
    throw SourceError(0,
                      "this subvolume was moved or removed while the snapshot of its file system "
                      "was taken: nothing of it is stored",
                      child(name));
  }

  bool is_border(const std::string& name) const {
    return has_borders_ && shared().is_border(join_path(live_path_, name));
  }

  const Shared::Place* frozen_border(const std::string& name) const {
    return has_borders_ ? shared().frozen_border(join_path(live_path_, name)) : nullptr;
  }

  /// This directory as it is now. That it is not there any more does not mean that nothing of what
  /// began in it was there.
  std::unique_ptr<SourceDir> outside() const {
    UniqueFd fd = open_plainly(AT_FDCWD, live_path_, 0);
    if (!fd) {
      if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP) {
        throw source_error(errno, "enter the directory", path());
      }
      throw SourceError(0,
                        "the directory was moved or removed while the snapshot of its file system "
                        "was read: what is mounted in it cannot be reached",
                        path());
    }
    return std::make_unique<LiveDir>(
        shared_pointer(),
        std::make_unique<LocalDir>(std::move(fd), Kind::kPlace, path(), nullptr, shared().stop));
  }

  std::unique_ptr<SourceDir> below(std::unique_ptr<LocalDir> directory,
                                   const std::string& name) const {
    return std::make_unique<FrozenDir>(shared_pointer(), std::move(directory), root_,
                                       join_path(live_path_, name));
  }

  const FrozenRoot& root_;
  std::string live_path_;
  bool has_borders_;
  std::vector<std::string> listed_;
};

}  // namespace

std::optional<Shared::Place> FrozenSource::Shared::place_of(int live,
                                                            const std::string& path) const {
  struct stat status {};
  if (::fstat(live, &status) != 0) throw source_error(errno, "stat", path);
  if (!is_frozen(status.st_dev)) return std::nullopt;
  const auto mount = mount_of_descriptor(files.mounts, live);
  if (!mount) return std::nullopt;  // made since: its place in the file system is not known
  std::string live_path = path_of_descriptor(live);
  const auto inside = path_in_file_system(*mount, live_path);
  if (!inside) return std::nullopt;
  for (const FrozenRoot& root : files.roots) {
    if (root.device != status.st_dev || !is_at_or_below(*inside, root.root)) continue;
    return Place{&root, std::string(path_below(*inside, root.root)), std::move(live_path)};
  }
  return std::nullopt;
}

UniqueFd FrozenSource::Shared::open(const Place& place, const std::string& path) {
  UniqueFd fd = open_plainly(place.root->directory.get(), place.below.empty() ? "." : place.below,
                             RESOLVE_BENEATH);
  if (!fd) throw source_error(errno, "enter the directory", path);
  return fd;
}

std::unique_ptr<SourceDir> FrozenSource::Shared::enter_live(UniqueFd fd,
                                                            const std::string& path) const {
  auto place = place_of(fd.get(), path);
  if (place) return open_frozen(*place, path, Kind::kPlace);
  return std::make_unique<LiveDir>(
      shared_from_this(),
      std::make_unique<LocalDir>(std::move(fd), Kind::kPlace, path, nullptr, stop));
}

std::unique_ptr<SourceDir> FrozenSource::Shared::open_frozen(const Place& place,
                                                             const std::string& path,
                                                             LocalDir::Kind kind) const {
  UniqueFd fd = open(place, path);
  if (kind == Kind::kListable) {
    fd = open_without_atime(fd.get(), ".", O_RDONLY | O_DIRECTORY);
    if (!fd) throw source_error(errno, "open the directory", path);
  }
  auto directory =
      std::make_unique<LocalDir>(std::move(fd), kind, path, nullptr, stop, place.root->device);
  return std::make_unique<FrozenDir>(shared_from_this(), std::move(directory), *place.root,
                                     place.live_path);
}

FrozenSource::FrozenSource(FrozenFiles files, StopToken stop) {
  auto shared = std::make_shared<Shared>();
  std::ranges::sort(files.borders);
  shared->files = std::move(files);
  shared->stop = std::move(stop);
  for (const std::string& path : shared->files.frozen_borders) {
    const UniqueFd fd = open_plainly(AT_FDCWD, path, 0);
    if (!fd) continue;
    if (auto place = shared->place_of(fd.get(), path)) {
      shared->frozen_borders.emplace(path, *std::move(place));
    }
  }
  shared_ = std::move(shared);
}

FrozenSource::~FrozenSource() = default;

std::unique_ptr<SourceDir> FrozenSource::enter(const std::string& path) const {
  return shared_->enter_live(open_place(AT_FDCWD, path, path), path);
}

SourceMetadata FrozenSource::lstat(const std::string& path) const {
  const std::size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  // With a slash at its end a path is that of a directory, to which a symbolic link leads.
  if (name.empty() || name == "." || name == "..") return enter(path)->metadata();
  std::string above = ".";
  if (slash != std::string::npos) above = slash == 0 ? "/" : path.substr(0, slash);
  std::unique_ptr<SourceDir> directory;
  try {
    directory = enter(above);
  } catch (const SourceError& error) {
    throw source_error(error.error_number(), "stat", path);
  }
  return directory->lstat(name);
}

std::vector<std::string> FrozenSource::list(const std::string& path) const {
  return enter(path)->list();
}

}  // namespace snapfs
