// A snapshot is a graph: many directories may lead to the same tree, and to go through all paths
// can take for ever. So each pair of a tree and a state of the rule is searched once, over all
// cores, and becomes a Directory of what was found and what leads on. Then drop_empty() goes
// through the graph and forgets what leads to nothing, and only tell() follows paths, all of which
// end at something that was found.
#include "fs/look/tree_search.h"

#include <utility>

#include "fs/base/path_buffer.h"
#include "fs/fetch/blob_walk.h"
#include "fs/repo/repository.h"
#include "fs/tree/tree_name.h"
#include "fs/tree/tree_reader.h"

namespace snapfs {

/// An entry that was found, that leads to what was found, or both.
struct TreeSearch::Entry {
  std::string name;
  bool found = false;
  std::unique_ptr<Node> node;
  Directory* below = nullptr;
};

struct TreeSearch::Directory {
  enum class State { kUnknown, kBeingLookedAt, kEmpty, kFull };

  Id tree;
  SearchRule::State place = SearchRule::kRoot;
  State state = State::kUnknown;
  std::vector<Entry> entries;
};

TreeSearch::TreeSearch(Repository& repository, const SearchRule& rule, StopToken stop)
    : fetcher_(repository), rule_(rule), stop_(std::move(stop)) {}

TreeSearch::~TreeSearch() = default;

void TreeSearch::run(const Id& root, const Found& found) {
  search(std::span(&root, 1));
  Directory& directory = directory_of(root);
  if (!drop_empty(directory)) tell(directory, found);
}

void TreeSearch::search(std::span<const Id> roots) {
  std::vector<Directory*> unknown;
  for (const Id& root : roots) {
    auto& directory = directories_[{root, SearchRule::kRoot}];
    if (directory) continue;
    directory = std::make_unique<Directory>();
    directory->tree = root;
    unknown.push_back(directory.get());
  }
  if (unknown.empty()) return;
  BlobWalk<Directory*> walk(
      fetcher_,
      [](Directory* const& directory) {
        return BlobHandle{BlobType::kTree, directory->tree};
      },
      [this](Directory* directory, const FetchedBlob& blob, std::vector<Directory*>& next) {
        search_directory(*directory, blob, next);
      },
      stop_);
  walk.add(std::move(unknown));
  walk.run();
}

/// Keeps the directory's entries that are found or to be entered, and returns those to be entered.
/// Throws when not all of its entries can be read.
std::vector<TreeSearch::Entered> TreeSearch::read(Directory& directory,
                                                  const FetchedBlob& blob) const {
  throw_if_stopped(stop_);
  std::vector<Entry> entries;
  std::vector<Entered> entered;
  const auto judge = [&](Node&& node) {
    const SearchRule::Verdict verdict = rule_.judge(directory.place, node);
    const bool enters = verdict.enter && node.subtree;
    if (!verdict.found && !enters) return;
    if (enters) entered.emplace_back(entries.size(), *node.subtree);
    Entry& entry = entries.emplace_back(Entry{node.name, verdict.found, nullptr, nullptr});
    if (verdict.found && rule_.wants_nodes()) {
      node.extended_attributes = {};
      entry.node = std::make_unique<Node>(std::move(node));
    }
  };
  parse_tree(blob.open(), judge, tree_name(directory.tree), stop_);
  entries.shrink_to_fit();
  directory.entries = std::move(entries);
  return entered;
}

void TreeSearch::search_directory(Directory& directory, const FetchedBlob& blob,
                                  std::vector<Directory*>& next) {
  std::vector<Entered> entered;
  try {
    entered = read(directory, blob);
  } catch (const Error& error) {
    if (error.ends_the_run()) throw;
    const std::lock_guard lock(mutex_);
    unreadable_.emplace(directory.tree, error);
    return;
  }
  for (const auto& [place, tree] : entered) {
    Entry& entry = directory.entries[place];
    const SearchRule::State state = rule_.below(directory.place, entry.name);
    const std::lock_guard lock(mutex_);
    auto& below = directories_[{tree, state}];
    if (!below) {
      below = std::make_unique<Directory>();
      below->tree = tree;
      below->place = state;
      next.push_back(below.get());
    }
    entry.below = below.get();
  }
}

/// Whether nothing was found below `root`, at any depth. Forgets what leads to nothing. Each
/// directory is looked at once, however many lead to it.
bool TreeSearch::drop_empty(Directory& root) {
  std::vector<std::pair<Directory*, std::size_t>> path;
  const auto begin = [&](Directory& directory) {
    if (directory.state != Directory::State::kUnknown) return;
    directory.state = Directory::State::kBeingLookedAt;
    path.emplace_back(&directory, 0);
  };
  begin(root);
  while (!path.empty()) {
    auto& [directory, next] = path.back();
    if (next < directory->entries.size()) {
      if (Directory* below = directory->entries[next++].below) begin(*below);
      continue;
    }
    for (Entry& entry : directory->entries) {
      if (entry.below && entry.below->state == Directory::State::kEmpty) entry.below = nullptr;
    }
    std::erase_if(directory->entries,
                  [](const Entry& entry) { return !entry.found && !entry.below; });
    directory->entries.shrink_to_fit();
    directory->state =
        directory->entries.empty() ? Directory::State::kEmpty : Directory::State::kFull;
    path.pop_back();
  }
  return root.state == Directory::State::kEmpty;
}

void TreeSearch::tell(const Directory& root, const Found& found) const {
  struct Level {
    const Directory* directory;
    std::size_t above = 0;  // how much of the path is the directory above
    std::size_t next = 0;
  };
  PathBuffer path;
  std::vector<Level> levels = {{&root}};
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.next == level.directory->entries.size()) {
      path.cut(level.above);
      levels.pop_back();
      continue;
    }
    throw_if_stopped(stop_);
    const Entry& entry = level.directory->entries[level.next++];
    const std::size_t above = path.enter(entry.name);
    if (entry.found) found({path.text(), entry.node.get(), level.directory->tree});
    if (entry.below) {
      levels.push_back({entry.below, above});
    } else {
      path.cut(above);
    }
  }
}

}  // namespace snapfs
