// Each file and directory is a node that names point to. A node has what is certain of it, and
// beside it what it is now; a directory's names are changed by a list of pending changes, in
// order. The watched directory is in one above it that is no directory of the disk, so that it can
// be lost itself.
#include "tests/crash/disk_model.h"

#include <algorithm>
#include <array>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <stdexcept>
#include <utility>

namespace snapfs::test {
namespace {

constexpr std::size_t kSector = 512;

/// So many of the newest things are lost or kept alone, and as many others.
constexpr std::size_t kAlone = 6;

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

class DiskModel::Tree {
 public:
  struct Node {
    EntryType type = EntryType::kFile;
    std::shared_ptr<const std::string> certain = std::make_shared<std::string>();
    std::shared_ptr<const std::string> now = certain;
    std::map<std::string, Node*> certain_names = {};
    std::map<std::string, Node*> names = {};
  };

  /// A name of a directory that was made, or removed, or bytes of a file that were changed.
  struct Pending {
    Node* node = nullptr;    ///< the directory; the file
    std::string name = {};   ///< empty: bytes
    Node* target = nullptr;  ///< null: removed
    bool renamed = false;    ///< removed by a rename, the other half of which has the same order
    std::size_t order = 0;
  };

  Tree(std::string root, const std::string& before) : root_(std::move(root)) {
    above_.type = EntryType::kDirectory;
    if (!std::filesystem::exists(before)) return;
    Node* top = add_from_disk(before);
    above_.names[""] = top;
    above_.certain_names[""] = top;
  }

  void apply(const FileEvent& event) {
    ++order_;
    switch (event.kind) {
      case EventKind::kTell:
        return;
      case EventKind::kCreate:
        return set(event.path, make(EntryType::kFile));
      case EventKind::kMkdir:
        return set(event.path, make(EntryType::kDirectory));
      case EventKind::kSymlink: {
        Node* link = make(EntryType::kLink);
        link->certain = link->now = std::make_shared<std::string>(event.other);
        return set(event.path, link);
      }
      case EventKind::kWrite: {
        std::string bytes = *find(event.path)->now;
        bytes.resize(std::max(bytes.size(), event.offset + event.data.size()));
        bytes.replace(event.offset, event.data.size(), event.data);
        return change(event.path, std::move(bytes));
      }
      case EventKind::kResize: {
        std::string bytes = *find(event.path)->now;
        bytes.resize(event.offset);
        return change(event.path, std::move(bytes));
      }
      case EventKind::kSync:
        return sync(event.path);
      case EventKind::kLink:
        return set(event.other, find(event.path));
      case EventKind::kRename: {
        set(event.other, find(event.path));
        return erase(event.path, true);
      }
      case EventKind::kUnlink:
      case EventKind::kRmdir:
        return erase(event.path, false);
    }
  }

  const std::vector<Pending>& pending() const { return pending_; }

  std::optional<DiskState> after_cut(const std::vector<Fate>& fates) const {
    const auto is_kept = [&](std::size_t i) { return fates.at(i).kind != Fate::Kind::kLost; };
    std::map<const Node*, std::vector<std::size_t>> changes;  // of a directory
    std::map<const Node*, const Fate*> bytes;
    for (std::size_t i = 0; i < pending_.size(); ++i) {
      const Pending& thing = pending_[i];
      if (thing.name.empty() && thing.node != &above_) {
        bytes[thing.node] = &fates[i];
      } else if (is_kept(i) && !loses_both(i, fates)) {
        changes[thing.node].push_back(i);
      }
    }
    DiskState state;
    const auto visit = [&](const auto& self, const Node& node, const std::string& path) -> void {
      if (node.type != EntryType::kDirectory) {
        const auto fate = bytes.find(&node);
        state[path] = {node.type,
                       fate == bytes.end() ? node.certain : part_of(node, *fate->second)};
        return;
      }
      if (&node != &above_) state[path] = {EntryType::kDirectory, {}};
      std::map<std::string, Node*> names = node.certain_names;
      if (const auto found = changes.find(&node); found != changes.end()) {
        for (const std::size_t i : found->second) {
          if (pending_[i].target == nullptr) {
            names.erase(pending_[i].name);
          } else {
            names[pending_[i].name] = pending_[i].target;
          }
        }
      }
      for (const auto& [name, child] : names) {
        self(self, *child, path.empty() ? name : path + "/" + name);
      }
    };
    visit(visit, above_, "");
    if (state.empty()) return std::nullopt;
    state.erase("");
    return state;
  }

 private:
  Node* make(EntryType type) {
    nodes_.emplace_back();
    nodes_.back().type = type;
    return &nodes_.back();
  }

  Node* add_from_disk(const std::filesystem::path& path) {
    const std::filesystem::file_status status = std::filesystem::symlink_status(path);
    if (std::filesystem::is_symlink(status)) {
      Node* link = make(EntryType::kLink);
      link->certain = link->now =
          std::make_shared<std::string>(std::filesystem::read_symlink(path).string());
      return link;
    }
    if (!std::filesystem::is_directory(status)) {
      Node* file = make(EntryType::kFile);
      file->certain = file->now = std::make_shared<std::string>(content_of(path));
      return file;
    }
    Node* directory = make(EntryType::kDirectory);
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      directory->names[entry.path().filename().string()] = add_from_disk(entry.path());
    }
    directory->certain_names = directory->names;
    return directory;
  }

  /// The directory that a path is in, and its name there.
  std::pair<Node*, std::string> split(const std::string& path) {
    if (path == root_) return {&above_, ""};
    const std::size_t slash = path.rfind('/');
    return {find(path.substr(0, slash)), path.substr(slash + 1)};
  }

  Node* find(const std::string& path) {
    const auto [directory, name] = split(path);
    const auto found = directory->names.find(name);
    if (found == directory->names.end()) throw std::logic_error(path + " is not on the disk");
    return found->second;
  }

  void set(const std::string& path, Node* target) {
    const auto [directory, name] = split(path);
    directory->names[name] = target;
    pending_.push_back({directory, name, target, false, order_});
  }

  void erase(const std::string& path, bool renamed) {
    const auto [directory, name] = split(path);
    directory->names.erase(name);
    pending_.push_back({directory, name, nullptr, renamed, order_});
  }

  void change(const std::string& path, std::string bytes) {
    Node* file = find(path);
    file->now = std::make_shared<std::string>(std::move(bytes));
    const auto is_this = [&](const Pending& thing) {
      return thing.node == file && thing.name.empty();
    };
    if (std::ranges::none_of(pending_, is_this)) {
      pending_.push_back({file, {}, nullptr, false, order_});
    }
  }

  void sync(const std::string& path) {
    // Of the directory above the watched one only that one's name concerns us.
    const bool is_above = !(path == root_ || path.starts_with(root_ + "/"));
    Node* node = is_above ? &above_ : find(path);
    node->certain = node->now;
    node->certain_names = node->names;
    std::erase_if(pending_, [&](const Pending& thing) { return thing.node == node; });
  }

  /// The old name of a rename goes only when the new one is there.
  bool loses_both(std::size_t i, const std::vector<Fate>& fates) const {
    if (!pending_[i].renamed) return false;
    for (std::size_t k = 0; k < pending_.size(); ++k) {
      if (pending_[k].order == pending_[i].order && pending_[k].target != nullptr) {
        return fates[k].kind == Fate::Kind::kLost;
      }
    }
    return false;  // the new one is certain
  }

  static std::shared_ptr<const std::string> part_of(const Node& node, const Fate& fate) {
    const std::string& now = *node.now;
    switch (fate.kind) {
      case Fate::Kind::kLost:
        return node.certain;
      case Fate::Kind::kKept:
        return node.now;
      case Fate::Kind::kShortened:
        return std::make_shared<std::string>(
            now.substr(0, now.empty() ? 0 : fate.seed % now.size()));
      case Fate::Kind::kZeroed:
        return std::make_shared<std::string>(now.size(), '\0');
      case Fate::Kind::kTorn:
        break;
    }
    std::string bytes = *node.certain;
    bytes.resize(now.size());
    std::mt19937_64 random(fate.seed);
    // One sector at least is as it was, and so is one at least as it is now, if there are two.
    const std::size_t sectors = (now.size() + kSector - 1) / kSector;
    for (std::size_t i = 0; i < sectors; ++i) {
      const bool kept = sectors > 1 && (i == fate.seed % sectors ||
                                        (i != (fate.seed + 1) % sectors && random() % 2 == 0));
      if (kept) bytes.replace(i * kSector, kSector, now, i * kSector, kSector);
    }
    return std::make_shared<std::string>(std::move(bytes));
  }

  const std::string root_;
  std::deque<Node> nodes_;  ///< those that are gone, too
  Node above_;
  std::vector<Pending> pending_;
  std::size_t order_ = 0;
};

DiskModel::DiskModel(std::string root, const std::string& before)
    : tree_(std::make_unique<Tree>(std::move(root), before)) {}
DiskModel::~DiskModel() = default;

void DiskModel::apply(const FileEvent& event) { tree_->apply(event); }

std::size_t DiskModel::uncertain() const { return tree_->pending().size(); }

bool DiskModel::is_content(std::size_t thing) const {
  const Tree::Pending& pending = tree_->pending().at(thing);
  return pending.name.empty() && pending.node->type == EntryType::kFile;
}

std::optional<DiskState> DiskModel::after_cut(const std::vector<Fate>& fates) const {
  return tree_->after_cut(fates);
}

std::vector<std::vector<Fate>> fates_to_try(const DiskModel& model, std::size_t draws,
                                            std::uint64_t seed) {
  using Kind = Fate::Kind;
  constexpr std::array kParts = {Kind::kLost, Kind::kShortened, Kind::kZeroed, Kind::kTorn};
  std::mt19937_64 random(seed);
  const std::size_t things = model.uncertain();
  const auto all = [&](Kind kind) { return std::vector<Fate>(things, Fate{kind, 0}); };
  std::vector<std::vector<Fate>> tried = {all(Kind::kKept)};
  if (things == 0) return tried;
  tried.push_back(all(Kind::kLost));
  std::set<std::size_t> alone;
  for (std::size_t i = 0; i < std::min(things, kAlone); ++i) {
    alone.insert(things - 1 - i);
    if (things > kAlone) alone.insert(random() % things);
  }
  for (const std::size_t i : alone) {
    for (const Kind kind : kParts) {
      tried.push_back(all(Kind::kKept));
      tried.back()[i] = {kind, random()};
      if (!model.is_content(i)) break;
    }
    tried.push_back(all(Kind::kLost));
    tried.back()[i] = {Kind::kKept, 0};
  }
  const bool has_choice = things > 1 || model.is_content(0);
  for (std::size_t n = 0; has_choice && n < draws; ++n) {
    std::vector<Fate> fates = all(Kind::kLost);
    for (std::size_t i = 0; i < things; ++i) {
      if (random() % 2 == 0) fates[i].kind = Kind::kKept;
      if (model.is_content(i)) fates[i] = {static_cast<Kind>(random() % 5), random()};
    }
    tried.push_back(std::move(fates));
  }
  return tried;
}

}  // namespace snapfs::test
