// Dispatch between the virtual directories and the trees.
#include "mount/model/snapshot_fs.h"

#include "fs/repo/repository.h"

namespace snapfs {

SnapshotFs::SnapshotFs(Repository& repository, const SnapshotFsOptions& options,
                       const StopToken& stop)
    : tree_cache_(repository, {repository.index(), zeros_}, options.tree_cache_bytes),
      virtual_(repository, options.view, stop),
      trees_(tree_cache_, virtual_, {options.view.owner_root}, stop),
      files_(repository, {repository.index(), zeros_}, trees_, options.reader, stop),
      listings_(repository, tree_cache_, trees_, stop) {}

std::optional<Entry> SnapshotFs::lookup(Ino parent, std::string_view name) {
  if (name == ".") return entry(parent);
  if (name == "..") return entry(parent_of(parent));
  return is_plain_virtual_directory(parent) ? virtual_.lookup(parent, name)
                                            : trees_.lookup(parent, name);
}

Entry SnapshotFs::entry(Ino ino) {
  return is_virtual(ino) ? virtual_.entry(ino) : trees_.entry(ino);
}

std::shared_ptr<const OpenDirectory> SnapshotFs::open_directory(Ino ino) {
  if (is_plain_virtual_directory(ino)) return virtual_.open_directory(ino);
  std::shared_ptr<const OpenDirectory> directory = trees_.open_directory(ino);
  files_.directory_opened(ino);
  listings_.directory_opened(ino);
  return directory;
}

std::string SnapshotFs::read_link(Ino ino) {
  return is_virtual(ino) ? virtual_.read_link(ino) : trees_.read_link(ino);
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

Ino SnapshotFs::parent_of(Ino directory) {
  return is_virtual(directory) ? virtual_.parent(directory) : trees_.parent(directory);
}

}  // namespace snapfs
