#include "mount/model/snapshot_fs.h"

#include <algorithm>
#include <utility>

#include "fs/repo/repository.h"

namespace snapfs {

SnapshotFs::SnapshotFs(Repository& repository, const SnapshotFsOptions& options,
                       const StopToken& stop)
    : requests_in_flight_(options.requests_in_flight),
      fetcher_(repository),
      tree_cache_(repository, {repository.index(), zeros_, stop}, options.tree_cache_bytes,
                  options.view.warn),
      changed_(tree_cache_, options.tree_cache_bytes / 4),
      trees_(tree_cache_, changed_, nodes_, {options.view.owner_root}, stop),
      virtual_(repository,
               {nodes_, tree_cache_, changed_, trees_, [this] { return status_text(status()); },
                [this] { return metrics_text(status()); }},
               options.view, stop),
      files_(fetcher_, {repository.index(), zeros_, stop}, trees_, options.reader, stop),
      listings_(fetcher_, tree_cache_, trees_, stop),
      warmer_(*this, options.reader.blob_cache_bytes / 2) {}

std::optional<Entry> SnapshotFs::lookup(Ino parent, std::string_view name) {
  if (name == ".") return entry(parent);
  if (name == "..") return entry(parent_of(parent));
  if (is_plain_virtual_directory(parent)) return virtual_.lookup(parent, name);
  std::optional<Entry> found = trees_.lookup(parent, name);
  // Some views add names to a snapshot's root.
  if (!found && is_virtual(parent)) found = virtual_.lookup(parent, name);
  return found;
}

Entry SnapshotFs::entry(Ino ino) {
  return is_virtual(ino) ? virtual_.refreshed_entry(ino) : trees_.entry(ino);
}

std::shared_ptr<const OpenDirectory> SnapshotFs::open_directory(Ino ino, bool guess) {
  if (is_plain_virtual_directory(ino)) return virtual_.open_directory(ino);
  std::shared_ptr<const OpenDirectory> directory = trees_.open_directory(ino);
  if (guess) {
    files_.directory_opened(ino);
    listings_.directory_opened(ino);
  }
  return directory;
}

void SnapshotFs::announce(std::span<const Ino> inodes, std::uint64_t most) {
  std::vector<Ino> files;
  std::vector<Id> directories;
  for (const Ino ino : inodes) {
    if (is_virtual(ino)) continue;
    const TreeFs::NodeRef place = trees_.node(ino);
    if (place.node.type == NodeType::kFile) files.push_back(ino);
    if (place.node.subtree) directories.push_back(*place.node.subtree);
  }
  listings_.announce(std::move(directories));
  files_.announce(files, most);
}

std::string SnapshotFs::read_link(Ino ino) {
  return is_virtual(ino) ? virtual_.read_link(ino) : trees_.read_link(ino);
}

FileSlice SnapshotFs::read(Ino ino, std::uint64_t offset, std::size_t size, ReaderId reader) {
  if (!is_virtual(ino)) return files_.read(ino, offset, size, reader);
  FileSlice slice;
  std::shared_ptr<const Bytes> content = virtual_.content(ino);
  if (offset >= content->size()) return slice;
  const ByteView bytes = ByteView(*content).subspan(offset);
  slice.pieces.push_back({std::move(content), bytes.first(std::min(size, bytes.size()))});
  return slice;
}

void SnapshotFs::prefetch(std::string_view paths) {
  while (!paths.empty()) {
    const std::size_t end = std::min(paths.find('\n'), paths.size());
    if (end != 0) warmer_.want(std::string(paths.substr(0, end)));
    paths.remove_prefix(std::min(end + 1, paths.size()));
  }
}

std::optional<std::uint64_t> SnapshotFs::next_data(Ino ino, std::uint64_t offset) {
  if (!is_virtual(ino)) return files_.next_data(ino, offset);
  if (offset >= virtual_.content(ino)->size()) return std::nullopt;
  return offset;
}

std::optional<std::uint64_t> SnapshotFs::next_hole(Ino ino, std::uint64_t offset) {
  if (!is_virtual(ino)) return files_.next_hole(ino, offset);
  const std::uint64_t size = virtual_.content(ino)->size();
  if (offset >= size) return std::nullopt;
  return size;
}

std::optional<Bytes> SnapshotFs::extended_attribute(Ino ino, std::string_view name) {
  if (is_virtual(ino)) return std::nullopt;
  if (name == kDamagedAttribute) {
    const std::string damage = damage_text(files_.damage(ino));
    if (!damage.empty()) return copy_of(as_bytes(damage));
  }
  return trees_.extended_attribute(ino, name);
}

std::string SnapshotFs::extended_attribute_names(Ino ino) {
  if (is_virtual(ino)) return {};
  std::string names = trees_.extended_attribute_names(ino);
  const bool damaged = !files_.damage(ino).empty();
  // A file that was restored from a damaged one, and saved again, may have it as its own.
  if (damaged && !trees_.extended_attribute(ino, kDamagedAttribute)) {
    names += kDamagedAttribute;
    names += '\0';
  }
  return names;
}

std::string SnapshotFs::place_text(Ino ino) const noexcept {
  try {
    return trees_.place_text(ino);
  } catch (const std::exception&) {
    return {};  // forgotten, or no memory: the message goes without
  }
}

MountStatus SnapshotFs::status() const {
  MountStatus status;
  status.snapshots = virtual_.snapshots();
  if (requests_in_flight_) status.requests_in_flight = requests_in_flight_();
  status.virtual_inodes = virtual_.nodes();
  status.directories = trees_.directories();
  status.uptime_seconds = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start_)
          .count());
  status.memory_bytes = resident_bytes();
  status.index_bytes = fetcher_.repository().index().memory_bytes();
  status.blobs = status_of(files_.blobs());
  status.trees = status_of(tree_cache_);
  status.files = status_of(files_.files());
  status.pushes = files_.pusher().counters();
  return status;
}

Ino SnapshotFs::parent_of(Ino directory) {
  return is_virtual(directory) ? virtual_.parent(directory) : trees_.parent(directory);
}

}  // namespace snapfs
