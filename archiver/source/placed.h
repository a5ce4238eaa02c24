// One item that appears at a path of its own choice: the directories above it are shown with
// nothing else in them. What the item is, and where its bytes come from, is not known here.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "archiver/source/source_fs.h"

namespace snapfs {

/// The item at the end of the path. Thread-safe. Every member may throw SourceError; opening what
/// is of another type does.
class PlacedItem {
 public:
  virtual ~PlacedItem() = default;

  virtual SourceMetadata lstat() const = 0;
  virtual std::unique_ptr<SourceFile> open_file() const = 0;
  virtual std::unique_ptr<SourceDir> open_dir() const = 0;
  virtual std::string read_link() const = 0;

  /// Does not throw SourceError.
  virtual SourceAttributes attributes() const = 0;
};

/// A source with one item in it.
class PlacedSource final : public SourceFs {
 public:
  /// `path` is absolute, cleaned and not "/". Directories above that `originals` has at the same
  /// place look like those there; `originals` may be null and must outlive the source and its
  /// handles. The others are made up: mode 0755, of this process's user, with the times `made_at`.
  PlacedSource(const std::string& path, std::unique_ptr<const PlacedItem> item, Timestamp made_at,
               const SourceFs* originals);

  std::unique_ptr<SourceDir> enter(const std::string& path) const override;
  SourceMetadata lstat(const std::string& path) const override;
  std::vector<std::string> list(const std::string& path) const override;

 private:
  struct Place;
  class Dir;

  std::shared_ptr<const Place> place_;
};

/// What is shown of an item that no file system has: the mode as in st_mode, this process as the
/// owner, `time` as all its times (FORMAT §13.8).
SourceMetadata synthetic_metadata(std::uint32_t mode, Timestamp time);

}  // namespace snapfs
