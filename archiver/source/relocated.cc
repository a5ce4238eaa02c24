// The item at its real place, handed to a PlacedSource.
#include "archiver/source/relocated.h"

#include <cerrno>
#include <utility>
#include <vector>

#include "archiver/source/placed.h"
#include "fs/base/path.h"

namespace snapfs {
namespace {

/// An item with a name in a directory.
class Entry final : public PlacedItem {
 public:
  Entry(std::unique_ptr<const SourceDir> directory, std::string name)
      : directory_(std::move(directory)), name_(std::move(name)) {}

  SourceMetadata lstat() const override { return directory_->lstat(name_); }
  std::unique_ptr<SourceFile> open_file() const override { return directory_->open_file(name_); }
  std::unique_ptr<SourceDir> open_dir() const override { return directory_->open_dir(name_); }
  std::string read_link() const override { return directory_->read_link(name_); }
  SourceAttributes attributes() const override { return directory_->attributes(name_); }

 private:
  std::unique_ptr<const SourceDir> directory_;
  std::string name_;
};

/// A directory that is no entry of another as far as its path says: ".", "..", "/".
class Nameless final : public PlacedItem {
 public:
  Nameless(const SourceFs& source, std::string path) : source_(source), path_(std::move(path)) {}

  SourceMetadata lstat() const override { return open_dir()->metadata(); }
  std::unique_ptr<SourceFile> open_file() const override {
    throw source_error(EISDIR, "open", path_);
  }
  std::unique_ptr<SourceDir> open_dir() const override { return source_.enter(path_); }
  std::string read_link() const override {
    throw source_error(EINVAL, "read the symbolic link", path_);
  }
  SourceAttributes attributes() const override { return open_dir()->attributes(); }

 private:
  const SourceFs& source_;
  std::string path_;
};

std::unique_ptr<const PlacedItem> item_at(const SourceFs& source, const std::string& path) {
  std::vector<std::string> components = split_path(path);
  if (components.empty() || components.back() == "." || components.back() == "..") {
    return std::make_unique<Nameless>(source, path);
  }
  const std::string name = std::move(components.back());
  const std::string above = clean_path(std::string(path).append("/.."));
  return std::make_unique<Entry>(source.enter(above), name);
}

}  // namespace

std::unique_ptr<SourceFs> relocate(const SourceFs& source, const std::string& path,
                                   const std::string& as_path, Timestamp made_at) {
  return std::make_unique<PlacedSource>(as_path, item_at(source, clean_path(path)), made_at,
                                        &source);
}

}  // namespace snapfs
