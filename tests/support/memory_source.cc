// The tree in memory. One lock guards all of it: this is for tests, which want the order of events
// to be plain rather than fast.
#include "tests/support/memory_source.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "fs/base/path.h"

namespace snapfs {

struct MemorySource::Node {
  SourceMetadata metadata;
  std::string text;  // the content of a file, the target of a symbolic link
  Fill fill;         // of a generated file, in place of the text
  std::vector<SourceAttribute> attributes;
  std::map<std::string, std::shared_ptr<Node>> children;
  std::weak_ptr<Node> parent;
};

class MemorySource::State {
 public:
  using NodePtr = std::shared_ptr<Node>;

  std::atomic<bool> ctime_covers_attributes = false;

  explicit State(std::string working_directory)
      : working_directory_(std::move(working_directory)), root_(make(S_IFDIR | 0755)) {
    add(working_directory_, nullptr);
  }

  std::mutex& mutex() { return mutex_; }

  NodePtr make(std::uint32_t mode) {
    auto node = std::make_shared<Node>();
    node->metadata.mode = mode;
    node->metadata.links = 1;
    node->metadata.inode = ++last_inode_;
    node->metadata.device_id = 1;
    node->metadata.mtime = node->metadata.atime = node->metadata.ctime = {1000000000, 123456789};
    return node;
  }

  /// Puts `node` at `path`; with nullptr only makes the directories down to `path`.
  void add(const std::string& path, NodePtr node) {
    NodePtr at = root_;
    std::vector<std::string> parts = split_path(absolute(path));
    std::string last;
    if (node != nullptr) {
      last = parts.back();
      parts.pop_back();
    }
    for (const std::string& part : parts) {
      NodePtr& child = at->children[part];
      if (child == nullptr) {
        child = make(S_IFDIR | 0755);
        child->parent = at;
      }
      at = child;
    }
    if (node == nullptr) return;
    node->parent = at;
    at->children[last] = std::move(node);
  }

  void remove(const std::string& path) {
    const NodePtr node = find(path);
    const NodePtr parent = node->parent.lock();
    parent->children.erase(split_path(absolute(path)).back());
    --node->metadata.links;
  }

  /// The node that `path` names; throws SourceError if there is none.
  NodePtr find(const std::string& path, bool follow = false) const {
    return resolve(root_, absolute(path), follow, path, 0);
  }

  NodePtr child(const NodePtr& dir, const std::string& name, bool follow,
                const std::string& path) const {
    return resolve(dir, name, follow, path, 0);
  }

  /// What every operation begins with: it is counted, observed, and made to fail.
  void begin(SourceOperation operation, std::string_view action, const std::string& path) {
    if (observer_) observer_(operation, path);
    const std::lock_guard lock(mutex_);
    const Key key(absolute(path), operation);
    ++counts_[key];
    const auto fault = faults_.find(key);
    if (fault == faults_.end() || operation == SourceOperation::kRead) return;
    throw source_error(fault->second.error_number, action, path);
  }

  /// How many bytes of the file may be read before it fails, and with which error. Locked.
  std::optional<std::pair<std::uint64_t, int>> read_fault(const std::string& path) const {
    const auto fault = faults_.find(Key(absolute(path), SourceOperation::kRead));
    if (fault == faults_.end()) return std::nullopt;
    return std::pair(fault->second.after_bytes, fault->second.error_number);
  }

  void fail(const std::string& path, SourceOperation operation, int error_number,
            std::uint64_t after_bytes) {
    if (error_number == 0) {
      faults_.erase(Key(absolute(path), operation));
    } else {
      faults_[Key(absolute(path), operation)] = {error_number, after_bytes};
    }
  }

  template <class Find>
  SourceAttributes attributes_of(const std::string& path, const Find& find) {
    try {
      begin(SourceOperation::kAttributes, "list the extended attributes of", path);
      const std::lock_guard lock(mutex_);
      return {.items = find()->attributes, .failures = {}};
    } catch (const SourceError& error) {
      return {.items = {}, .failures = {error}};
    }
  }

  void observe(std::function<void(SourceOperation, const std::string&)> observer) {
    observer_ = std::move(observer);
  }

  std::size_t count(SourceOperation operation, const std::string* path) const {
    const std::string wanted = path == nullptr ? std::string() : absolute(*path);
    std::size_t sum = 0;
    for (const auto& [key, times] : counts_) {
      if (key.second == operation && (path == nullptr || key.first == wanted)) sum += times;
    }
    return sum;
  }

 private:
  using Key = std::pair<std::string, SourceOperation>;
  struct Fault {
    int error_number = 0;
    std::uint64_t after_bytes = 0;
  };

  static constexpr int kMaxLinks = 40;  // as the kernel's

  std::string absolute(const std::string& path) const {
    return absolute_path(path, working_directory_);
  }

  NodePtr resolve(NodePtr at, const std::string& rest, bool follow, const std::string& path,
                  int links) const {
    if (links > kMaxLinks) throw source_error(ELOOP, "resolve", path);
    if (rest.starts_with('/')) at = root_;
    const std::vector<std::string> parts = split_path(rest);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (!at->metadata.is_directory()) throw source_error(ENOTDIR, "stat", path);
      if (parts[i] == ".") continue;
      const NodePtr dir = at;
      if (parts[i] == "..") {
        const NodePtr parent = dir->parent.lock();
        at = parent == nullptr ? root_ : parent;
        continue;
      }
      const auto child = dir->children.find(parts[i]);
      if (child == dir->children.end()) throw source_error(ENOENT, "stat", path);
      at = child->second;
      if (at->metadata.is_symlink() && (follow || i + 1 < parts.size())) {
        at = resolve(dir, at->text, true, path, links + 1);
      }
    }
    return at;
  }

  std::mutex mutex_;
  std::string working_directory_;
  std::uint64_t last_inode_ = 0;
  NodePtr root_;
  std::map<Key, Fault> faults_;
  std::map<Key, std::size_t> counts_;
  std::function<void(SourceOperation, const std::string&)> observer_;
};

class MemorySource::File final : public SourceFile {
 public:
  /// The lock is held.
  File(std::shared_ptr<State> state, std::shared_ptr<Node> node, std::string path)
      : state_(std::move(state)),
        node_(std::move(node)),
        metadata_(node_->metadata),
        path_(std::move(path)) {}

  const SourceMetadata& metadata() const noexcept override { return metadata_; }
  const std::string& path() const noexcept override { return path_; }

  std::size_t read(MutByteView out) override {
    state_->begin(SourceOperation::kRead, "read", path_);
    if (node_->fill) return generate(out);
    const std::lock_guard lock(state_->mutex());
    ByteView rest = as_bytes(node_->text);
    rest = rest.subspan(std::min<std::uint64_t>(offset_, rest.size()));
    const std::size_t count = std::min(rest.size(), out.size());
    if (const auto fault = state_->read_fault(path_)) {
      const auto [end, error_number] = *fault;
      // Not fewer bytes first: that would say that the file ends there.
      if (offset_ + count > end) throw source_error(error_number, "read", path_);
    }
    std::copy_n(rest.begin(), count, out.begin());
    offset_ += count;
    return count;
  }

  SourceMetadata current_metadata() const override {
    const std::lock_guard lock(state_->mutex());
    return node_->metadata;
  }

  void advise_sequential() noexcept override {}
  void prefetch() noexcept override {}

  SourceAttributes attributes() const override {
    return state_->attributes_of(path_, [&] { return node_; });
  }

 private:
  std::size_t generate(MutByteView out) {
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(metadata_.size - offset_, out.size()));
    node_->fill(offset_, out.first(count));
    offset_ += count;
    return count;
  }

  std::shared_ptr<State> state_;
  std::shared_ptr<Node> node_;
  SourceMetadata metadata_;
  std::string path_;
  std::uint64_t offset_ = 0;
};

class MemorySource::Dir final : public SourceDir {
 public:
  /// The lock is held.
  Dir(std::shared_ptr<State> state, std::shared_ptr<Node> node, std::string path)
      : state_(std::move(state)),
        node_(std::move(node)),
        metadata_(node_->metadata),
        path_(std::move(path)) {}

  const SourceMetadata& metadata() const noexcept override { return metadata_; }
  const std::string& path() const noexcept override { return path_; }

  std::vector<std::string> list() override {
    state_->begin(SourceOperation::kList, "list the directory", path_);
    const std::lock_guard lock(state_->mutex());
    return names(*node_);
  }

  SourceMetadata lstat(const std::string& name) const override {
    const std::string path = join_path(path_, name);
    state_->begin(SourceOperation::kLstat, "stat", path);
    const std::lock_guard lock(state_->mutex());
    return state_->child(node_, name, false, path)->metadata;
  }

  std::unique_ptr<SourceFile> open_file(const std::string& name) const override {
    const std::string path = join_path(path_, name);
    state_->begin(SourceOperation::kOpenFile, "open", path);
    const std::lock_guard lock(state_->mutex());
    auto node = state_->child(node_, name, false, path);
    if (!node->metadata.is_file()) {
      throw wrong_type_error(node->metadata.is_symlink() ? ELOOP : 0, node->metadata.mode,
                             "read as a file", path);
    }
    return std::make_unique<File>(state_, std::move(node), path);
  }

  std::unique_ptr<SourceDir> open_dir(const std::string& name) const override {
    return open(SourceOperation::kOpenDir, "open the directory", name, false);
  }

  std::unique_ptr<SourceDir> enter(const std::string& name) const override {
    return open(SourceOperation::kEnter, "enter the directory", name, true);
  }

  bool ctime_covers_attributes() const noexcept override { return state_->ctime_covers_attributes; }

  std::string read_link(const std::string& name) const override {
    const std::string path = join_path(path_, name);
    state_->begin(SourceOperation::kReadLink, "read the symbolic link", path);
    const std::lock_guard lock(state_->mutex());
    const auto node = state_->child(node_, name, false, path);
    if (!node->metadata.is_symlink()) throw source_error(EINVAL, "read the symbolic link", path);
    return node->text;
  }

  SourceAttributes attributes(const std::string& name) const override {
    const std::string path = join_path(path_, name);
    return state_->attributes_of(path, [&] { return state_->child(node_, name, false, path); });
  }

  SourceAttributes attributes() const override {
    return state_->attributes_of(path_, [&] { return node_; });
  }

  static std::vector<std::string> names(const Node& node) {
    std::vector<std::string> names;
    for (const auto& [name, child] : node.children) names.push_back(name);
    return names;
  }

 private:
  std::unique_ptr<SourceDir> open(SourceOperation operation, std::string_view action,
                                  const std::string& name, bool follow) const {
    const std::string path = join_path(path_, name);
    state_->begin(operation, action, path);
    const std::lock_guard lock(state_->mutex());
    auto node = state_->child(node_, name, follow, path);
    if (!node->metadata.is_directory()) throw source_error(ENOTDIR, action, path);
    return std::make_unique<Dir>(state_, std::move(node), path);
  }

  std::shared_ptr<State> state_;
  std::shared_ptr<Node> node_;
  SourceMetadata metadata_;
  std::string path_;
};

MemorySource::MemorySource(std::string working_directory)
    : state_(std::make_shared<State>(std::move(working_directory))) {}

MemorySource::~MemorySource() = default;

std::unique_ptr<SourceDir> MemorySource::enter(const std::string& path) const {
  state_->begin(SourceOperation::kEnter, "enter the directory", path);
  const std::lock_guard lock(state_->mutex());
  auto node = state_->find(path, true);
  if (!node->metadata.is_directory()) throw source_error(ENOTDIR, "enter the directory", path);
  return std::make_unique<Dir>(state_, std::move(node), path);
}

SourceMetadata MemorySource::lstat(const std::string& path) const {
  state_->begin(SourceOperation::kLstat, "stat", path);
  const std::lock_guard lock(state_->mutex());
  if (path.empty()) throw source_error(ENOENT, "stat", path);
  return state_->find(path)->metadata;
}

std::vector<std::string> MemorySource::list(const std::string& path) const {
  state_->begin(SourceOperation::kList, "list the directory", path);
  const std::lock_guard lock(state_->mutex());
  const auto node = state_->find(path, true);
  if (!node->metadata.is_directory()) throw source_error(ENOTDIR, "list the directory", path);
  return Dir::names(*node);
}

void MemorySource::add_directory(const std::string& path) {
  const std::lock_guard lock(state_->mutex());
  state_->add(path, nullptr);
}

void MemorySource::add_file(const std::string& path, std::string content) {
  const std::lock_guard lock(state_->mutex());
  auto node = state_->make(S_IFREG | 0644);
  node->metadata.size = content.size();
  node->text = std::move(content);
  state_->add(path, std::move(node));
}

void MemorySource::add_generated_file(const std::string& path, std::uint64_t size, Fill fill) {
  const std::lock_guard lock(state_->mutex());
  auto node = state_->make(S_IFREG | 0644);
  node->metadata.size = size;
  node->fill = std::move(fill);
  state_->add(path, std::move(node));
}

void MemorySource::add_symlink(const std::string& path, std::string target) {
  const std::lock_guard lock(state_->mutex());
  auto node = state_->make(S_IFLNK | 0777);
  node->metadata.size = target.size();
  node->text = std::move(target);
  state_->add(path, std::move(node));
}

void MemorySource::add_special(const std::string& path, std::uint32_t mode, std::uint64_t device) {
  const std::lock_guard lock(state_->mutex());
  auto node = state_->make(mode);
  node->metadata.device = device;
  state_->add(path, std::move(node));
}

void MemorySource::add_hard_link(const std::string& existing, const std::string& path) {
  const std::lock_guard lock(state_->mutex());
  auto node = state_->find(existing);
  ++node->metadata.links;
  state_->add(path, std::move(node));
}

void MemorySource::add_attribute(const std::string& path, std::string name,
                                 std::string_view value) {
  const std::lock_guard lock(state_->mutex());
  const ByteView bytes = as_bytes(value);
  state_->find(path)->attributes.push_back({std::move(name), copy_of(bytes)});
}

void MemorySource::update(const std::string& path,
                          const std::function<void(SourceMetadata&)>& change) {
  const std::lock_guard lock(state_->mutex());
  change(state_->find(path)->metadata);
}

void MemorySource::remove(const std::string& path) {
  const std::lock_guard lock(state_->mutex());
  state_->remove(path);
}

void MemorySource::fail(const std::string& path, SourceOperation operation, int error_number,
                        std::uint64_t after_bytes) {
  const std::lock_guard lock(state_->mutex());
  state_->fail(path, operation, error_number, after_bytes);
}

void MemorySource::observe(std::function<void(SourceOperation, const std::string&)> observer) {
  state_->observe(std::move(observer));
}

void MemorySource::let_ctime_cover_attributes() { state_->ctime_covers_attributes = true; }

std::size_t MemorySource::count(SourceOperation operation) const {
  const std::lock_guard lock(state_->mutex());
  return state_->count(operation, nullptr);
}

std::size_t MemorySource::count(SourceOperation operation, const std::string& path) const {
  const std::lock_guard lock(state_->mutex());
  return state_->count(operation, &path);
}

}  // namespace snapfs
