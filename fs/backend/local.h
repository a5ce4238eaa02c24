// A repository in a directory of a local (or network-mounted) file system, with the save protocol
// that survives power cuts (FORMAT §1.3).
#pragma once

#include <string>

#include "fs/backend/backend.h"

namespace snapfs {

class LocalBackend final : public Backend {
 public:
  /// `path` need not exist before create(). Modes follow the config file's (FORMAT §1.2).
  explicit LocalBackend(std::string path);

  void create(StopToken stop) override;
  void save(const FileKey& key, ByteView bytes, StopToken stop) override;
  Bytes load(const FileKey& key, std::optional<ByteRange> range, StopToken stop) override;
  std::optional<std::uint64_t> size(const FileKey& key, StopToken stop) override;
  void list(FileKind kind, const std::function<void(const FileInfo&)>& visit,
            StopToken stop) override;
  void remove(const FileKey& key, StopToken stop) override;
  unsigned connections() const noexcept override { return 2; }
  std::string location() const override { return path_; }

  /// The repository's directory, as given.
  const std::string& path() const noexcept { return path_; }

 private:
  std::string full_path(const FileKey& key) const;

  std::string path_;
  unsigned directory_mode_;
  unsigned file_mode_;
};

}  // namespace snapfs
