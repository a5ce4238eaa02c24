// Dispatch between the virtual directories and the trees; everything by inode.
#include "mount/model/snapshot_fs.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "fs/base/clock.h"
#include "fs/base/error.h"
#include "fs/repo/repository.h"

namespace snapfs {

namespace {

/// Reads that are no further apart are taken as going through the file in order.
constexpr std::uint64_t kSequentialBytes = 1 << 20;

}  // namespace

std::size_t memory_bytes(const ReadState& state) noexcept {
  return sizeof state + memory_bytes(state.layout);
}

std::size_t FileSlice::size() const noexcept {
  std::size_t total = 0;
  for (const Piece& piece : pieces) total += piece.bytes.size();
  return total;
}

/// The names of one virtual directory as they were when it was opened.
class SnapshotFs::VirtualListing final : public OpenDirectory {
 public:
  VirtualListing(const SnapshotFs& fs, const VirtualNode& node)
      : fs_(fs),
        node_(node),
        view_(fs.virtual_tree_.view()),
        directory_(fs.virtual_directory(*view_, node.ino)) {}

  Ino self() const noexcept override { return node_.ino; }
  Ino parent() const noexcept override { return node_.parent; }
  std::size_t size() const noexcept override { return directory_ ? directory_->entries.size() : 0; }
  std::string_view name(std::size_t index) const override {
    return directory_->entries[index].name;
  }
  Entry entry(std::size_t index) const override {
    return fs_.virtual_entry(fs_.virtual_node(directory_->entries[index].ino));
  }
  bool stable() const noexcept override { return false; }

 private:
  const SnapshotFs& fs_;
  const VirtualNode& node_;
  std::shared_ptr<const View> view_;
  const ViewDirectory* directory_;  ///< null: its last snapshot was forgotten
};

/// The names of a directory inside a snapshot. Keeps the decoded tree while it is open.
class SnapshotFs::TreeDirectoryListing final : public OpenDirectory {
 public:
  TreeDirectoryListing(const SnapshotFs& fs, DirectoryRef directory)
      : fs_(fs), directory_(std::move(directory)) {}

  Ino self() const noexcept override { return directory_.directory->self; }
  Ino parent() const noexcept override { return directory_.directory->parent; }
  std::size_t size() const noexcept override { return directory_.listing->nodes.size(); }
  std::string_view name(std::size_t index) const override {
    return directory_.listing->nodes[index].name;
  }
  Entry entry(std::size_t index) const override {
    return fs_.tree_entry(*directory_.directory, index, directory_.listing->nodes[index]);
  }
  bool stable() const noexcept override { return true; }

 private:
  const SnapshotFs& fs_;
  DirectoryRef directory_;
};

SnapshotFs::SnapshotFs(Repository& repository, SnapshotFsOptions options, StopToken stop)
    : repository_(repository),
      options_(std::move(options)),
      stop_(std::move(stop)),
      start_(SystemClock().now()),
      uid_(options_.owner_root ? 0 : ::getuid()),
      gid_(options_.owner_root ? 0 : ::getgid()),
      source_(repository, [this](std::string_view message) { warn(message); }),
      trees_(repository, options_.tree_cache_bytes),
      blobs_(repository, options_.blob_cache_bytes, options_.failure_memory),
      files_(options_.file_cache_bytes),
      prefetcher_(blobs_) {
  const std::lock_guard lock(refresh_mutex_);
  refresh();
}

void SnapshotFs::refresh_if_due() {
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

void SnapshotFs::refresh() {
  if (auto snapshots = source_.poll(stop_)) {
    const auto defaults = default_path_templates();
    std::vector<std::string_view> templates(options_.path_templates.begin(),
                                            options_.path_templates.end());
    if (templates.empty()) templates.assign(defaults.begin(), defaults.end());
    virtual_tree_.replace(build_view(std::move(*snapshots), templates));
  }
  set_next_refresh();
}

void SnapshotFs::set_next_refresh() noexcept {
  const auto next = std::chrono::steady_clock::now() + options_.refresh_interval;
  next_refresh_.store(next.time_since_epoch().count(), std::memory_order_relaxed);
}

std::optional<Entry> SnapshotFs::lookup(Ino parent, std::string_view name) {
  if (name == ".") return entry(parent);
  if (name == "..") return entry(parent_of(parent));
  if (is_plain_virtual_directory(parent)) {
    refresh_if_due();
    const std::shared_ptr<const View> view = virtual_tree_.view();
    const ViewDirectory* directory = virtual_directory(*view, parent);
    const ViewEntry* found = directory != nullptr ? directory->find(name) : nullptr;
    if (found == nullptr) return std::nullopt;
    return virtual_entry(virtual_node(found->ino));
  }
  const DirectoryRef place = directory(parent);
  const auto index = place.listing->find(name);
  if (!index) return std::nullopt;
  return tree_entry(*place.directory, *index, place.listing->nodes[*index]);
}

Entry SnapshotFs::entry(Ino ino) {
  if (is_virtual(ino)) return virtual_entry(virtual_node(ino));
  const NodeRef place = node(ino);
  return {ino, attributes_of(*place.node, {options_.owner_root}), true};
}

std::shared_ptr<const OpenDirectory> SnapshotFs::open_directory(Ino ino) {
  if (is_plain_virtual_directory(ino)) {
    refresh_if_due();
    return std::make_shared<VirtualListing>(*this, virtual_node(ino));
  }
  return std::make_shared<TreeDirectoryListing>(*this, directory(ino));
}

std::string SnapshotFs::read_link(Ino ino) {
  if (is_virtual(ino)) {
    const VirtualNode& link = virtual_node(ino);
    if (link.kind == ViewEntry::Kind::kLink) return link.target;
  } else if (const NodeRef place = node(ino); place.node->type == NodeType::kSymlink) {
    return place.node->link_target;
  }
  throw Error(ErrorCode::kUsage, "inode " + std::to_string(ino) + " is not a symbolic link");
}

std::optional<Bytes> SnapshotFs::extended_attribute(Ino ino, std::string_view name) {
  if (is_virtual(ino)) return std::nullopt;
  const NodeRef place = node(ino);
  const auto found =
      std::ranges::find(place.node->extended_attributes, name, &ExtendedAttribute::name);
  if (found == place.node->extended_attributes.end()) return std::nullopt;
  return found->value;
}

std::string SnapshotFs::extended_attribute_names(Ino ino) {
  std::string names;
  if (is_virtual(ino)) return names;
  const NodeRef place = node(ino);
  for (const ExtendedAttribute& attribute : place.node->extended_attributes) {
    names += attribute.name;
    names += '\0';
  }
  return names;
}

FileSlice SnapshotFs::read(Ino ino, std::uint64_t offset, std::size_t size) {
  const std::shared_ptr<const ReadState> state = read_state(ino);
  const FileLayout& file = state->layout;
  FileSlice slice;
  if (offset >= file.size()) return slice;
  std::uint64_t left = std::min<std::uint64_t>(size, file.size() - offset);
  prefetch_after(*state, offset, offset + left);
  for (std::size_t segment = file.segment_at(offset); left > 0; ++segment) {
    const std::uint64_t length = std::min(left, file.segments()[segment].end - offset);
    if (length == 0) continue;
    slice.pieces.push_back(load_piece(file, segment, offset, length));
    offset += length;
    left -= length;
  }
  return slice;
}

FileSlice::Piece SnapshotFs::load_piece(const FileLayout& layout, std::size_t segment,
                                        std::uint64_t offset, std::uint64_t length) {
  const Id& id = layout.segments()[segment].blob;
  const std::uint64_t start = layout.start(segment);
  BlobCache::Pointer blob = blobs_.get(id, stop_);
  if (blob->size() != layout.segments()[segment].end - start) {
    throw Error(ErrorCode::kDamaged,
                "data blob " + id.short_hex() + " is not as long as the index says", id.hex());
  }
  const ByteView bytes = ByteView(*blob).subspan(offset - start, length);
  return {std::move(blob), bytes};
}

FsTotals SnapshotFs::totals() const {
  FsTotals totals;
  const std::shared_ptr<const View> view = virtual_tree_.view();
  for (const Snapshot& snapshot : view->snapshots) {
    if (!snapshot.summary) continue;
    totals.bytes += snapshot.summary->total_bytes_processed;
    totals.files += snapshot.summary->total_files_processed;
  }
  return totals;
}

bool SnapshotFs::is_plain_virtual_directory(Ino ino) const {
  return is_virtual(ino) && virtual_node(ino).kind == ViewEntry::Kind::kDirectory;
}

const VirtualNode& SnapshotFs::virtual_node(Ino ino) const {
  const VirtualNode* node = virtual_tree_.find(ino);
  if (node == nullptr) throw StaleInode(ino);
  return *node;
}

const ViewDirectory* SnapshotFs::virtual_directory(const View& view, Ino ino) const {
  const auto found = view.directories.find(virtual_node(ino).path);
  return found == view.directories.end() ? nullptr : &found->second;
}

Entry SnapshotFs::virtual_entry(const VirtualNode& node) const {
  switch (node.kind) {
    case ViewEntry::Kind::kDirectory:
      return {node.ino, virtual_directory_attributes(start_, uid_, gid_), false};
    case ViewEntry::Kind::kSnapshot:
      return {node.ino, virtual_directory_attributes(node.time, 0, 0), false};
    case ViewEntry::Kind::kLink:
      break;
  }
  return {node.ino, virtual_link_attributes(node.time, node.target.size(), uid_, gid_), false};
}

Ino SnapshotFs::parent_of(Ino directory) {
  if (is_virtual(directory)) return virtual_node(directory).parent;
  return node(directory).directory->self;
}

SnapshotFs::NodeRef SnapshotFs::node(Ino ino) {
  const auto place = inodes_.find(ino);
  if (!place) throw StaleInode(ino);
  std::shared_ptr<const TreeListing> listing = trees_.get(place->directory->tree, stop_);
  const Node* node = &listing->nodes.at(place->index);
  return {std::move(listing), node, place->directory};
}

SnapshotFs::DirectoryRef SnapshotFs::directory(Ino ino) {
  if (const TreeDirectory* known = inodes_.find_directory(ino)) {
    return {known, trees_.get(known->tree, stop_)};
  }
  TreeDirectory found;
  if (is_virtual(ino)) {
    const VirtualNode& snapshot = virtual_node(ino);
    if (snapshot.kind != ViewEntry::Kind::kSnapshot) {
      throw Error(ErrorCode::kUsage, "inode " + std::to_string(ino) + " is not a directory");
    }
    found = {ino, snapshot.parent, ino, 0, 0, snapshot.tree};
  } else {
    const NodeRef place = node(ino);
    if (!place.node->subtree) {
      throw Error(ErrorCode::kUsage, "inode " + std::to_string(ino) + " is not a directory");
    }
    found = {ino, place.directory->self, place.directory->root, 0, 0, *place.node->subtree};
  }
  std::shared_ptr<const TreeListing> listing = trees_.get(found.tree, stop_);
  const TreeDirectory& added =
      inodes_.add(found.self, found.parent, found.root, found.tree, *listing);
  return {&added, std::move(listing)};
}

Entry SnapshotFs::tree_entry(const TreeDirectory& directory, std::size_t index,
                             const Node& node) const {
  return {inodes_.ino_of(directory, index, node), attributes_of(node, {options_.owner_root}), true};
}

std::shared_ptr<const ReadState> SnapshotFs::read_state(Ino ino) {
  return files_.get(ino, [&] {
    if (is_virtual(ino)) {
      throw Error(ErrorCode::kUsage, "inode " + std::to_string(ino) + " is not a file");
    }
    const NodeRef place = node(ino);
    if (place.node->type != NodeType::kFile) {
      throw Error(ErrorCode::kUsage, "inode " + std::to_string(ino) + " is not a file");
    }
    return std::make_shared<const ReadState>(FileLayout(*place.node, repository_.index()));
  });
}

void SnapshotFs::prefetch_after(const ReadState& state, std::uint64_t begin, std::uint64_t end) {
  // The kernel's read-ahead arrives a little out of order: near the last read's end is in order.
  const std::uint64_t last_end = state.position.exchange(end, std::memory_order_relaxed);
  const std::uint64_t distance = begin > last_end ? begin - last_end : last_end - begin;
  if (begin == 0 || distance > kSequentialBytes) return;
  const std::size_t next = state.layout.segment_at(end - 1) + 1;
  if (next < state.layout.segments().size()) {
    prefetcher_.want(state.layout.segments()[next].blob);
  }
}

void SnapshotFs::warn(std::string_view message) const {
  if (options_.warn) options_.warn(message);
}

}  // namespace snapfs
