#include "mount/model/virtual_fs.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "fs/base/blocking_hint.h"
#include "fs/base/error.h"
#include "fs/repo/repository.h"

namespace snapfs {

namespace {

Attributes file_attributes(const VirtualNode& node, std::uint32_t uid, std::uint32_t gid) {
  Attributes result = virtual_link_attributes(node.inode, node.time, node.size, uid, gid);
  result.mode = S_IFREG | (node.writable ? 0200 : 0444);
  result.blocks = (node.size + 511) / 512;
  return result;
}

[[noreturn]] void throw_wrong_kind(Ino ino, std::string_view wanted) {
  throw Error(ErrorCode::kUsage,
              "inode " + std::to_string(ino) + " is not a " + std::string(wanted));
}

}  // namespace

/// The names of one virtual directory as they were when it was opened, and what they stand for: the
/// kernel may forget a node that it was told of, and ask for this part of the listing again.
class VirtualFs::Listing final : public OpenDirectory {
 public:
  Listing(VirtualFs& fs, NodePointer node, std::vector<VirtualName> names)
      : fs_(fs), node_(std::move(node)), names_(std::move(names)) {}

  /// Those that nobody was told of are not needed any more.
  ~Listing() override {
    for (const VirtualName& each : names_) {
      if (each.node->forgettable) fs_.forget(each.node->ino, 0);
    }
  }

  InodeNumber self() const noexcept override { return node_->inode; }
  InodeNumber parent() const noexcept override { return node_->parent_inode; }
  std::size_t size() const noexcept override { return names_.size(); }
  std::string_view name(std::size_t index) const override { return names_[index].name; }
  Entry entry(std::size_t index) const override { return fs_.entry(names_[index]).value(); }
  bool stable() const noexcept override { return false; }

 private:
  VirtualFs& fs_;
  const NodePointer node_;
  const std::vector<VirtualName> names_;
};

VirtualFs::VirtualFs(Repository& repository, const VirtualFsTrees& trees, ViewOptions options,
                     StopToken stop)
    : trees_(trees),
      options_(std::move(options)),
      stop_(std::move(stop)),
      clock_(options_.clock != nullptr ? *options_.clock : system_clock_),
      zone_(options_.zone != nullptr ? *options_.zone : TimeZone::local()),
      uid_(options_.owner_root ? 0 : ::getuid()),
      gid_(options_.owner_root ? 0 : ::getgid()),
      source_(repository, [this](std::string_view message) { warn(message); }),
      tree_(trees_.nodes),
      at_(tree_, clock_, zone_),
      layout_(tree_, at_),
      changed_(tree_, trees_.changed, clock_, zone_, stop_),
      versions_(
          tree_, trees_.cache, [this](std::string_view message) { warn(message); }, stop_),
      control_(tree_, clock_, trees_.status, trees_.metrics, options_.prefetch_file) {
  // Not listed: the top directory stays one of snapshots.
  add_top(".snapfs", control_, /*listed=*/false);
  add_top("at", at_);
  add_top("changed", changed_);
  add_top(std::string(kVersions), versions_);
  const std::lock_guard lock(refresh_mutex_);
  refresh();
}

void VirtualFs::add_top(std::string name, VirtualPart& part, bool listed) {
  VirtualNode node;
  node.parent = kRootIno;
  node.part = &part;
  NodePointer added = tree_.add(top_identity(name), std::move(node));
  tops_.push_back({{std::move(name), std::move(added), {}}, listed});
}

void VirtualFs::refresh_if_due() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  if (now < next_refresh_.load(std::memory_order_relaxed)) return;
  const std::unique_lock lock(refresh_mutex_, std::try_to_lock);
  if (!lock) return;  // somebody is at it; the current view will do
  hint_blocking();
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
    std::erase_if(*snapshots, [&](const Snapshot& s) { return !options_.filter.matches(s); });
    const auto defaults = default_path_templates();
    std::vector<std::string_view> templates(options_.path_templates.begin(),
                                            options_.path_templates.end());
    if (templates.empty()) templates.assign(defaults.begin(), defaults.end());
    VirtualTree::Gone gone = tree_.replace(
        build_view(std::move(*snapshots), templates, options_.time_template), clock_.now());
    for (const Ino node : gone.nodes) trees_.entries.drop(node);
    gone_names_.add(std::move(gone.names));
    source_.is_shown();
  }
  set_next_refresh();
}

void VirtualFs::set_next_refresh() noexcept {
  const auto next = std::chrono::steady_clock::now() + options_.refresh_interval;
  next_refresh_.store(next.time_since_epoch().count(), std::memory_order_relaxed);
}

std::optional<Entry> VirtualFs::lookup(Ino parent, std::string_view name) {
  refresh_if_due();
  const NodePointer directory = node(parent);
  if (directory->kind == VirtualNode::Kind::kTree && !directory->more_names) return std::nullopt;
  if (const auto found = part_of(*directory).lookup(*directory, name)) return entry(*found);
  if (parent != kRootIno) return std::nullopt;
  const auto top = std::ranges::find(tops_, name, [](const TopName& t) { return t.name.name; });
  return top == tops_.end() ? std::nullopt : entry(top->name);
}

Entry VirtualFs::refreshed_entry(Ino ino) {
  const NodePointer found = node(ino);
  if (found->kind == VirtualNode::Kind::kDirectory) refresh_if_due();
  return entry(*found);
}

std::shared_ptr<const OpenDirectory> VirtualFs::open_directory(Ino ino) {
  refresh_if_due();
  NodePointer directory = node(ino);
  std::vector<VirtualName> shown = names(*directory);
  return std::make_shared<Listing>(*this, std::move(directory), std::move(shown));
}

std::vector<VirtualName> VirtualFs::names(const VirtualNode& directory) {
  std::vector<VirtualName> names = part_of(directory).list(directory);
  if (directory.ino != kRootIno) return names;
  for (const TopName& top : tops_) {
    const auto place = std::ranges::lower_bound(names, top.name.name, {}, &VirtualName::name);
    const bool taken = place != names.end() && place->name == top.name.name;
    if (top.listed && !taken) names.insert(place, top.name);
  }
  return names;
}

std::string VirtualFs::read_link(Ino ino) const {
  const NodePointer link = node(ino);
  if (link->kind != VirtualNode::Kind::kLink) throw_wrong_kind(ino, "symbolic link");
  return link->target;
}

std::shared_ptr<const Bytes> VirtualFs::content(Ino ino) {
  const NodePointer file = node(ino);
  if (file->kind != VirtualNode::Kind::kFile) throw_wrong_kind(ino, "file");
  return part_of(*file).content(*file);
}

VirtualFs::NodePointer VirtualFs::node(Ino ino) const {
  NodePointer found = tree_.find(ino);
  if (found == nullptr) throw StaleInode(ino);
  return found;
}

Timestamp VirtualFs::changed(const VirtualNode& directory) const {
  const bool by_clock = directory.part != nullptr && directory.part->goes_by_the_clock();
  return by_clock ? clock_.now() : tree_.view()->since;
}

Entry VirtualFs::entry(const VirtualNode& node) const {
  switch (node.kind) {
    case VirtualNode::Kind::kDirectory:
      return {node.ino, virtual_directory_attributes(node.inode, changed(node), uid_, gid_), false};
    case VirtualNode::Kind::kTree:
      // Nothing is stored of a snapshot's root, which mostly is the root of a system: it is root's,
      // so that a copy to "/" never hands that to somebody else.
      return {node.ino, virtual_directory_attributes(node.inode, node.time, 0, 0), false};
    case VirtualNode::Kind::kFile:
      return {node.ino, file_attributes(node, uid_, gid_), false, node.passing};
    case VirtualNode::Kind::kLink:
      break;
  }
  return {node.ino, virtual_link_attributes(node.inode, node.time, node.target.size(), uid_, gid_),
          false};
}

std::optional<Entry> VirtualFs::entry(const VirtualName& name) const {
  if (name.in_tree.empty()) return entry(*name.node);
  std::optional<Entry> found = trees_.entries.lookup(name.node->ino, name.in_tree);
  // What it is never changes, but the name may come to stand for something else.
  if (found) found->stable = false;
  return found;
}

void VirtualFs::warn(std::string_view message) const {
  if (options_.warn) options_.warn(message);
}

}  // namespace snapfs
