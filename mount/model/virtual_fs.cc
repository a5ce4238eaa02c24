// The virtual directories by inode, refreshed when somebody looks.
#include "mount/model/virtual_fs.h"

#include <unistd.h>

#include <utility>

#include "fs/base/clock.h"
#include "fs/base/error.h"
#include "fs/repo/repository.h"

namespace snapfs {

namespace {

/// Null: its last snapshot was forgotten.
const ViewDirectory* find_directory(const View& view, const VirtualNode& node) {
  const auto found = view.directories.find(node.path);
  return found == view.directories.end() ? nullptr : &found->second;
}

}  // namespace

/// The names of one virtual directory as they were when it was opened.
class VirtualFs::Listing final : public OpenDirectory {
 public:
  Listing(const VirtualFs& fs, const VirtualNode& node)
      : fs_(fs), node_(node), view_(fs.tree_.view()), directory_(find_directory(*view_, node)) {}

  InodeNumber self() const noexcept override { return node_.inode; }
  InodeNumber parent() const noexcept override { return fs_.node(node_.parent).inode; }
  std::size_t size() const noexcept override { return directory_ ? directory_->entries.size() : 0; }
  std::string_view name(std::size_t index) const override {
    return directory_->entries[index].name;
  }
  Entry entry(std::size_t index) const override {
    return fs_.entry(directory_->entries[index].ino);
  }
  bool stable() const noexcept override { return false; }

 private:
  const VirtualFs& fs_;
  const VirtualNode& node_;
  std::shared_ptr<const View> view_;
  const ViewDirectory* directory_;
};

VirtualFs::VirtualFs(Repository& repository, ViewOptions options, StopToken stop)
    : options_(std::move(options)),
      stop_(std::move(stop)),
      start_(SystemClock().now()),
      uid_(options_.owner_root ? 0 : ::getuid()),
      gid_(options_.owner_root ? 0 : ::getgid()),
      source_(repository, [this](std::string_view message) { warn(message); }) {
  const std::lock_guard lock(refresh_mutex_);
  refresh();
}

void VirtualFs::refresh_if_due() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  if (now < next_refresh_.load(std::memory_order_relaxed)) return;
  const std::unique_lock lock(refresh_mutex_, std::try_to_lock);
  if (!lock) return;  // somebody is at it; the current view will do
  try {
    refresh();
  } catch (const Error& error) {
    set_next_refresh();
    // A storage that is away for a moment must not take away what can still be shown.
    warn(std::string("cannot look for new snapshots: ") + error.what());
  }
}

void VirtualFs::refresh() {
  if (auto snapshots = source_.poll(stop_)) {
    const auto defaults = default_path_templates();
    std::vector<std::string_view> templates(options_.path_templates.begin(),
                                            options_.path_templates.end());
    if (templates.empty()) templates.assign(defaults.begin(), defaults.end());
    tree_.replace(build_view(std::move(*snapshots), templates));
  }
  set_next_refresh();
}

void VirtualFs::set_next_refresh() noexcept {
  const auto next = std::chrono::steady_clock::now() + options_.refresh_interval;
  next_refresh_.store(next.time_since_epoch().count(), std::memory_order_relaxed);
}

std::optional<Entry> VirtualFs::lookup(Ino parent, std::string_view name) {
  refresh_if_due();
  const std::shared_ptr<const View> view = tree_.view();
  const ViewDirectory* directory = find_directory(*view, node(parent));
  const ViewEntry* found = directory != nullptr ? directory->find(name) : nullptr;
  if (found == nullptr) return std::nullopt;
  return entry(found->ino);
}

std::shared_ptr<const OpenDirectory> VirtualFs::open_directory(Ino ino) {
  refresh_if_due();
  return std::make_shared<Listing>(*this, node(ino));
}

std::string VirtualFs::read_link(Ino ino) const {
  const VirtualNode& link = node(ino);
  if (link.kind == ViewEntry::Kind::kLink) return link.target;
  throw Error(ErrorCode::kUsage, "inode " + std::to_string(ino) + " is not a symbolic link");
}

std::optional<SnapshotRoot> VirtualFs::snapshot_root(Ino ino) const {
  const VirtualNode& root = node(ino);
  if (root.kind != ViewEntry::Kind::kSnapshot) return std::nullopt;
  return SnapshotRoot{ino, root.parent, root.snapshot, root.tree};
}

FsTotals VirtualFs::totals() const {
  FsTotals totals;
  const std::shared_ptr<const View> view = tree_.view();
  for (const Snapshot& snapshot : view->snapshots) {
    if (!snapshot.summary) continue;
    totals.bytes += snapshot.summary->total_bytes_processed;
    totals.files += snapshot.summary->total_files_processed;
  }
  return totals;
}

const VirtualNode& VirtualFs::node(Ino ino) const {
  const VirtualNode* found = tree_.find(ino);
  if (found == nullptr) throw StaleInode(ino);
  return *found;
}

Entry VirtualFs::entry(const VirtualNode& node) const {
  switch (node.kind) {
    case ViewEntry::Kind::kDirectory:
      return {node.ino, virtual_directory_attributes(node.inode, start_, uid_, gid_), false};
    case ViewEntry::Kind::kSnapshot:
      return {node.ino, virtual_directory_attributes(node.inode, node.time, 0, 0), false};
    case ViewEntry::Kind::kLink:
      break;
  }
  return {node.ino, virtual_link_attributes(node.inode, node.time, node.target.size(), uid_, gid_),
          false};
}

void VirtualFs::warn(std::string_view message) const {
  if (options_.warn) options_.warn(message);
}

}  // namespace snapfs
