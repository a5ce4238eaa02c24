// An open directory of this machine. Private to the sources that read its files.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archiver/source/source_fs.h"
#include "fs/base/file.h"
#include "fs/base/stop_token.h"

namespace snapfs {

/// Opens a directory to pass through it, following symbolic links (O_PATH). `path` is for messages.
/// Throws SourceError.
UniqueFd open_place(int dir_fd, const std::string& name, const std::string& path);

/// As lstat(2); the path of the directory is for the message only. Throws SourceError.
SourceMetadata lstat_at(int dir_fd, const std::string& name, const std::string& dir_path);

/// The names in the directory at `path`; symbolic links are followed. Throws SourceError.
std::vector<std::string> list_local_directory(const std::string& path);

/// Walked by descriptors (openat and its relatives).
class LocalDir final : public SourceDir {
 public:
  enum class Kind { kListable, kPlace };  // a place was opened with O_PATH

  /// `above` is the directory that this one is in, or null. `shown_device` is what everything at
  /// and below it tells as its st_dev, if that is not the system's own number.
  LocalDir(UniqueFd fd, Kind kind, std::string path, const LocalDir* above, StopToken stop,
           std::optional<std::uint64_t> shown_device = std::nullopt);

  const SourceMetadata& metadata() const noexcept override { return metadata_; }
  const std::string& path() const noexcept override { return path_; }
  std::vector<std::string> list() override;
  SourceMetadata lstat(const std::string& name) const override;
  std::unique_ptr<SourceFile> open_file(const std::string& name) const override;
  std::unique_ptr<SourceDir> open_dir(const std::string& name) const override;
  std::unique_ptr<SourceDir> enter(const std::string& name) const override;
  bool ctime_covers_attributes() const noexcept override { return ctime_covers_attributes_; }
  std::string read_link(const std::string& name) const override;
  SourceAttributes attributes(const std::string& name) const override;
  SourceAttributes attributes() const override;

  int descriptor() const noexcept { return fd_.get(); }

  /// open_dir() and enter(), as what they are.
  std::unique_ptr<LocalDir> open_below(const std::string& name) const;
  std::unique_ptr<LocalDir> enter_below(const std::string& name) const;

 private:
  std::string child(const std::string& name) const;
  SourceMetadata shown(SourceMetadata metadata) const noexcept;

  UniqueFd fd_;
  Kind kind_;
  std::string path_;
  StopToken stop_;
  std::optional<std::uint64_t> shown_device_;
  SourceMetadata metadata_;
  bool ctime_covers_attributes_ = false;
};

}  // namespace snapfs
