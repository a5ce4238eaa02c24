// The directories above a placed item, from the root down.
#include "archiver/source/placed.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "fs/base/path.h"

namespace snapfs {

struct PlacedSource::Place {
  std::vector<std::string> components;
  std::unique_ptr<const PlacedItem> item;
  Timestamp made_at;
  const SourceFs* originals;
};

/// The directory above the component number `depth_`.
class PlacedSource::Dir final : public SourceDir {
 public:
  Dir(std::shared_ptr<const Place> place, std::size_t depth, std::string path)
      : place_(std::move(place)), depth_(depth), path_(std::move(path)) {
    if (place_->originals != nullptr) find_original();
    metadata_ = original_ != nullptr ? original_->metadata()
                                     : synthetic_metadata(S_IFDIR | 0755, place_->made_at);
  }

  const SourceMetadata& metadata() const noexcept override { return metadata_; }
  const std::string& path() const noexcept override { return path_; }

  std::vector<std::string> list() override { return {entry()}; }

  SourceMetadata lstat(const std::string& name) const override {
    require(name, "stat");
    return holds_item() ? place_->item->lstat() : below().metadata();
  }

  std::unique_ptr<SourceFile> open_file(const std::string& name) const override {
    require(name, "open");
    if (!holds_item()) throw source_error(EISDIR, "open", child(name));
    return place_->item->open_file();
  }

  std::unique_ptr<SourceDir> open_dir(const std::string& name) const override {
    require(name, "open the directory");
    if (holds_item()) return place_->item->open_dir();
    return std::make_unique<Dir>(below());
  }

  std::unique_ptr<SourceDir> enter(const std::string& name) const override {
    return open_dir(name);
  }

  bool ctime_covers_attributes() const noexcept override { return false; }

  std::string read_link(const std::string& name) const override {
    require(name, "read the symbolic link");
    if (!holds_item()) throw source_error(EINVAL, "read the symbolic link", child(name));
    return place_->item->read_link();
  }

  SourceAttributes attributes(const std::string& name) const override {
    if (name != entry()) return {};
    return holds_item() ? place_->item->attributes() : below().attributes();
  }

  SourceAttributes attributes() const override {
    return original_ != nullptr ? original_->attributes() : SourceAttributes{};
  }

 private:
  void find_original() {
    try {
      original_ = place_->originals->enter(path_);
    } catch (const SourceError&) {
      // Nothing there, or nothing that we may enter: made up.
    }
  }

  const std::string& entry() const { return place_->components[depth_]; }
  bool holds_item() const { return depth_ + 1 == place_->components.size(); }
  std::string child(const std::string& name) const { return join_path(path_, name); }
  Dir below() const { return {place_, depth_ + 1, child(entry())}; }

  void require(const std::string& name, std::string_view action) const {
    if (name != entry()) throw source_error(ENOENT, action, child(name));
  }

  std::shared_ptr<const Place> place_;
  std::size_t depth_;
  std::string path_;
  std::shared_ptr<const SourceDir> original_;
  SourceMetadata metadata_;
};

PlacedSource::PlacedSource(const std::string& path, std::unique_ptr<const PlacedItem> item,
                           Timestamp made_at, const SourceFs* originals)
    : place_(std::make_shared<const Place>(
          Place{split_path(path), std::move(item), made_at, originals})) {}

std::unique_ptr<SourceDir> PlacedSource::enter(const std::string& path) const {
  std::unique_ptr<SourceDir> directory = std::make_unique<Dir>(place_, 0, "/");
  for (const std::string& component : split_path(clean_path(path))) {
    directory = directory->enter(component);
  }
  return directory;
}

SourceMetadata PlacedSource::lstat(const std::string& path) const {
  std::vector<std::string> components = split_path(clean_path(path));
  std::unique_ptr<SourceDir> directory = enter("/");
  if (components.empty()) return directory->metadata();
  const std::string last = std::move(components.back());
  components.pop_back();
  for (const std::string& component : components) directory = directory->enter(component);
  return directory->lstat(last);
}

std::vector<std::string> PlacedSource::list(const std::string& path) const {
  return enter(path)->list();
}

SourceMetadata synthetic_metadata(std::uint32_t mode, Timestamp time) {
  SourceMetadata metadata;
  metadata.mode = mode;
  metadata.uid = ::getuid();
  metadata.gid = ::getgid();
  metadata.mtime = metadata.atime = metadata.ctime = time;
  metadata.synthetic = true;
  return metadata;
}

}  // namespace snapfs
