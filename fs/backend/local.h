// A repository in a directory of a local (or network-mounted) file system, with the save protocol
// that survives power cuts (FORMAT §1.3).
#pragma once

#include <set>
#include <string>

#include "fs/backend/backend.h"
#include "fs/base/synchronized.h"

namespace snapfs {

class LocalBackend final : public Backend {
 public:
  /// `path` need not exist before create(). Modes follow the config file's (FORMAT §1.2).
  explicit LocalBackend(std::string path);

  void create(const StopToken& stop) override;
  using Backend::save;
  void save(const FileKey& key, ByteView bytes, Content content, const StopToken& stop) override;
  Bytes load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose purpose,
             const StopToken& stop) override;
  std::optional<std::uint64_t> size(const FileKey& key, const StopToken& stop) override;
  std::vector<FileInfo> list(FileKind kind, const StopToken& stop) override;
  void remove(const FileKey& key, const StopToken& stop) override;
  StorageTraits traits() const noexcept override;
  std::string location() const override { return path_; }

  /// The repository's directory, as given.
  const std::string& path() const noexcept { return path_; }

 private:
  std::string full_path(const FileKey& key) const;
  void settle_before_removing(FileKind kind);

  std::string path_;
  unsigned directory_mode_;
  unsigned file_mode_;

  /// Of which kinds files may have been removed without the disk knowing it for certain. A power
  /// cut brings such files back, and what they refer to must not be gone then: so before an index
  /// file is removed the removed snapshots are certain to be gone, and before a pack is, the index
  /// files, too. At first those that other processes removed, such as a forget before a prune.
  Synchronized<std::set<FileKind>> unsettled_{std::set{FileKind::kSnapshot, FileKind::kIndex}};
};

}  // namespace snapfs
