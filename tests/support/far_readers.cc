#include "tests/support/far_readers.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include "fs/base/synchronized.h"
#include "fs/look/diff.h"
#include "fs/look/path_history.h"
#include "fs/look/search_rules.h"
#include "fs/look/tree_search.h"
#include "fs/maintain/blob_stream.h"
#include "fs/maintain/tree_rewriter.h"
#include "fs/restore/dump.h"
#include "fs/restore/restore.h"
#include "fs/tree/ordered_walk.h"
#include "fs/tree/snapshot_list.h"
#include "fs/tree/tree_reader.h"
#include "fs/tree/tree_references.h"
#include "fs/tree/tree_walk.h"
#include "fs/tree/trees_ahead.h"
#include "mount/model/snapshot_fs.h"
#include "tests/support/repository_maker.h"

namespace snapfs::test {
namespace {

constexpr std::size_t kLargeBlobs = 4;
constexpr std::size_t kLargeBlobBytes = 20'000;

void require(bool condition, std::string_view what) {
  if (!condition) throw std::runtime_error("not all was read: " + std::string(what));
}

/// Flushes after so many blobs.
class PackFiller {
 public:
  PackFiller(RepositoryMaker& maker, std::size_t most) : maker_(maker), most_(most) {}

  Id operator()(const Id& added) {
    if (++count_ % most_ == 0) maker_.flush();
    return added;
  }

 private:
  RepositoryMaker& maker_;
  const std::size_t most_;
  std::size_t count_ = 0;
};

/// A tree of directories. `salt` is in each of them.
Id make_directories(RepositoryMaker& maker, PackFiller& filler, std::size_t fan_out, int levels,
                    const std::string& path, const std::string& salt) {
  std::vector<Node> nodes = {make_symlink("link", salt + path)};
  for (std::size_t i = 0; levels > 0 && i < fan_out; ++i) {
    const std::string name = "d" + std::to_string(i);
    nodes.push_back(make_directory(
        name, make_directories(maker, filler, fan_out, levels - 1, path + "/" + name, salt)));
  }
  return filler(maker.add_tree(std::move(nodes)));
}

std::string text_of(std::size_t seed, std::size_t bytes) {
  std::string text(bytes, '\0');
  std::uint64_t state = seed * 2 + 1;
  for (char& c : text) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    c = static_cast<char>(state >> 56);
  }
  return text;
}

Node make_file(std::string name, std::vector<Id> content, std::uint64_t size) {
  Node node = make_node(std::move(name), NodeType::kFile);
  node.content = std::move(content);
  node.size = size;
  return node;
}

void walk_all(Repository& repository, const FarRepository& stored) {
  std::atomic<std::size_t> met = 0;
  const std::vector<Id> roots = {stored.before};
  walk_trees(repository, roots,
             [&](const Id&, Bytes&& blob, std::vector<Id>& next) {
               ++met;
               next = read_references(std::move(blob)).subtrees;
             },
             {});
  require(met == stored.directories, "trees");
}

void list_all(Repository& repository, const FarRepository& stored) {
  class Counter final : public WalkVisitor {
   public:
    void node(const std::string&, Node& node) override { directories += node.subtree ? 1 : 0; }
    std::size_t directories = 1;
  };
  Counter counter;
  walk_in_order(repository, stored.before, [](const WalkPlace&, const Node&) { return true; },
                counter, {});
  require(counter.directories == stored.directories, "ls");
}

void find_all(Repository& repository, const FarRepository& stored) {
  const auto rule = make_name_rule({.patterns = {"link"}});
  TreeSearch search(repository, *rule, {});
  std::size_t found = 0;
  search.run(stored.before, [&](const FoundNode&) { ++found; });
  require(found == stored.directories, "find");
}

void compare_all(Repository& repository, const FarRepository& stored) {
  class Counter final : public DiffVisitor {
   public:
    void change(const std::string&, std::string_view) override { ++changes; }
    void unreadable(const std::string&, const Error& error) override { throw error; }
    std::size_t changes = 0;
  };
  Counter counter;
  diff_trees(repository, stored.before, stored.after, DiffMetadata::kTold, counter, {});
  require(counter.changes >= stored.directories, "diff");
}

void follow_path(Repository& repository, const FarRepository& stored) {
  const auto states = states_of_path(repository, stored.roots, "/home/d0/link", {},
                                     [](const Id&, const Error& error) { throw error; });
  require(states.size() == stored.roots.size() && states.back().node, "log");
}

void take_parents(Repository& repository, const FarRepository& stored) {
  TreesAhead trees(repository, {});
  trees.expect(stored.before);
  std::size_t taken = 0;
  std::vector<Id> stack = {stored.before};
  while (!stack.empty()) {
    const Id tree = stack.back();
    stack.pop_back();
    const std::vector<Id> below = read_references(trees.take(tree, {})).subtrees;
    stack.insert(stack.end(), below.rbegin(), below.rend());
    ++taken;
  }
  require(taken == stored.directories, "parent's trees");
}

/// As rewrite and repair snapshots do: with all the roots, which share nearly everything.
void rewrite_all(Repository& repository, const FarRepository& stored) {
  class Counter final : public TreeEditor {
   public:
    void enter(const std::string&) override { ++trees; }
    void edit(EditState, EditedNode&) override {}
    std::size_t trees = 0;
  };
  Counter counter;
  TreeRewriter rewriter(repository, counter, nullptr, {});
  for (const Id& root : stored.roots) rewriter.expect(root);
  for (const Id& root : stored.roots) {
    require(rewriter.rewrite(root) == root, "what is not to be changed");
  }
  require(counter.trees == stored.directories + stored.roots.size(), "rewrite");
}

void load_all_snapshots(Repository& repository, const FarRepository& stored) {
  require(load_snapshots(repository, {}).size() == stored.roots.size() + 2, "snapshots");
}

void load_whole_index(Repository& repository, const FarRepository& stored) {
  repository.load_index({});
  require(repository.index().contains({BlobType::kTree, stored.before}), "index");
}

void stream_all(Repository& repository, const FarRepository& stored) {
  class Counter final : public BlobReceiver {
   public:
    void take_stored(const StoredBlob&, ByteView) override { ++count; }
    void take_plain(const BlobHandle&, ByteView) override { ++count; }
    std::atomic<std::size_t> count = 0;
  };
  const BlobSet set(repository.index().contents());
  std::vector<PickedBlob> blobs;
  for (const Node& file : load_tree(repository, stored.files, {})) {
    const BlobRow row = set.row_of({BlobType::kData, file.content.front()}).value();
    blobs.push_back({entry_at(set.contents(), row).pack, row});
  }
  std::ranges::sort(blobs, {}, &PickedBlob::pack);
  Counter counter;
  stream_blobs(repository, set.contents(), blobs, counter, {});
  require(counter.count == blobs.size(), "blobs");
}

void restore_all(Repository& repository, const Id& tree, std::size_t files,
                 const std::string& directory) {
  class Progress final : public RestoreProgress {
   public:
    void show_item(const RestoredItem&) override {}
    void report_warning(const std::string&, const std::string&) override {}

   private:
    void show_error(const std::string&, const std::string&) override {}
  };
  Progress progress;
  restore_tree(repository, tree, directory, {}, progress, {});
  require(progress.errors == 0 && progress.files_restored >= files, "restore");
}

void dump_all(Repository& repository, const FarRepository& stored) {
  std::uint64_t bytes = 0;
  dump_directory(
      repository, {stored.files, "", {}}, ArchiveFormat::kTar,
      [&](ByteView piece) { bytes += piece.size(); }, [](auto, auto, bool) {}, {});
  require(bytes > 0, "dump");
}

void start_mount(Repository& repository, const FarRepository& stored) {
  const SnapshotFs fs(repository, {}, {});
  require(fs.status().snapshots == stored.roots.size() + 2, "snapshots in a mount");
}

/// A mount without a kernel, and a directory in it.
struct Mounted {
  Mounted(Repository& repository, const std::string& snapshot) : fs(repository, {}, {}) {
    root = fs.lookup(fs.lookup(kRootIno, "ids")->ino, snapshot)->ino;
  }
  SnapshotFs fs;
  Ino root = 0;
};

void copy_files_from_mount(Repository& repository, const FarRepository& stored) {
  Mounted mounted(repository, stored.files_snapshot);
  const auto listing = mounted.fs.open_directory(mounted.root);
  for (std::size_t i = 0; i < listing->size(); ++i) {
    const Entry entry = listing->entry(i);
    const std::size_t size = mounted.fs.read(entry.ino, 0, 128 << 10).size();
    require(size == entry.attributes.size, "a file in a mount");
  }
}

void read_across_blobs(Repository& repository, const FarRepository& stored) {
  Mounted mounted(repository, stored.large_snapshot);
  const Ino file = mounted.fs.lookup(mounted.root, "large")->ino;
  const std::size_t size = mounted.fs.read(file, 0, 128 << 10).size();
  require(size == kLargeBlobs * kLargeBlobBytes, "a large file in a mount");
}

std::size_t list_below(SnapshotFs& fs, Ino directory) {
  const auto listing = fs.open_directory(directory);
  std::size_t directories = 1;
  for (std::size_t i = 0; i < listing->size(); ++i) {
    const Entry entry = listing->entry(i);
    if (S_ISDIR(entry.attributes.mode)) directories += list_below(fs, entry.ino);
  }
  return directories;
}

void list_mount(Repository& repository, const FarRepository& stored) {
  Mounted mounted(repository, stored.home_snapshot);
  const Ino home = mounted.fs.lookup(mounted.root, "home")->ino;
  require(list_below(mounted.fs, home) == stored.directories, "directories in a mount");
}

void warm_mount(Repository& repository, const FarRepository& stored) {
  SnapshotFs fs(repository, {}, {});
  fs.prefetch("ids/" + stored.files_snapshot + "\n");
  while (!fs.is_prefetched()) std::this_thread::yield();
  for (const Node& file : load_tree(repository, stored.files, {})) {
    require(fs.is_cached(file.content.front()), "what was to be prefetched");
  }
}

}  // namespace

FarRepository make_far_repository(Backend& storage, const FarSizes& sizes) {
  FarRepository stored;
  RepositoryMaker maker(storage);
  PackFiller filler(maker, sizes.blobs_per_pack);
  std::size_t width = 1;
  for (int level = 0; level <= sizes.levels; ++level, width *= sizes.fan_out) {
    stored.directories += width;
  }
  stored.before = make_directories(maker, filler, sizes.fan_out, sizes.levels, "", "before");
  maker.flush();
  stored.after = make_directories(maker, filler, sizes.fan_out, sizes.levels, "", "after");
  maker.flush();
  std::vector<Node> files;
  for (std::size_t i = 0; i < sizes.files; ++i) {
    const std::string content = text_of(i, 1000);
    files.push_back(
        make_file("f" + std::to_string(1'000'000 + i), {filler(maker.add_data(content))}, 1000));
  }
  maker.flush();
  stored.files = maker.add_tree(std::move(files));
  std::vector<Id> content;
  for (std::size_t i = 0; i < kLargeBlobs; ++i) {
    content.push_back(maker.add_data(text_of(1'000'000 + i, kLargeBlobBytes)));
    maker.flush();
  }
  stored.large = maker.add_tree({make_file("large", content, kLargeBlobs * kLargeBlobBytes)});
  stored.files_snapshot = maker.add_snapshot(stored.files, "2026-01-01T00:00:00Z").id.short_hex();
  stored.large_snapshot = maker.add_snapshot(stored.large, "2026-01-01T00:00:01Z").id.short_hex();
  for (std::size_t i = 0; i < sizes.snapshots; ++i) {
    stored.roots.push_back(filler(maker.add_tree(
        {make_directory("home", stored.before), make_symlink(std::to_string(i), "x")})));
  }
  for (const Id& root : stored.roots) {
    const Snapshot snapshot = maker.add_snapshot(root, "2026-01-02T00:00:00Z");
    if (root == stored.roots.front()) stored.home_snapshot = snapshot.id.short_hex();
  }
  return stored;
}

std::vector<FarReader> far_readers(const std::string& directory) {
  const auto restore_directories = [directory](Repository& repository,
                                               const FarRepository& stored) {
    restore_all(repository, stored.before, stored.directories, directory + "/directories");
  };
  const auto restore_files = [directory](Repository& repository, const FarRepository& stored) {
    restore_all(repository, stored.files, 1, directory + "/files");
  };
  constexpr FileKind kPack = FileKind::kPack;
  constexpr std::size_t kMany = 1000;
  return {
      {"check, prune, copy, stats: all trees", kPack, 1, 32, 65, walk_all},
      {"ls: all directories", kPack, 1, 32, 65, list_all},
      {"find: all directories", kPack, 1, 32, 65, find_all},
      {"diff: all directories, twice", kPack, 2, 32, 130, compare_all},
      {"log: a path in all snapshots", kPack, 0, 32, 66, follow_path},
      {"snapshot: the parent's trees", kPack, 1, 32, 65, take_parents},
      {"rewrite, repair snapshots: all trees", kPack, 0, 32, 129, rewrite_all},
      {"restore: all directories", kPack, 1, 32, 65, restore_directories},
      {"restore: small files", kPack, 1, 32, 65, restore_files},
      {"dump: small files", kPack, 1, 32, 65, dump_all},
      {"prune, copy: small blobs", kPack, 1, 32, 65, stream_all},
      {"any command: the index", FileKind::kIndex, 0, 8, kMany, load_whole_index, false},
      {"any command: all snapshots", FileKind::kSnapshot, 0, 32, 66, load_all_snapshots},
      {"mount: start", FileKind::kSnapshot, 0, 32, 66, start_mount},
      {"mount: copy small files", kPack, 2, 32, 65, copy_files_from_mount},
      {"mount: read across 4 blobs", kPack, 1, 4, 5, read_across_blobs},
      {"mount: list all directories", kPack, 3, 32, 66, list_mount},
      {"mount: prefetch small files", kPack, 1, 32, 66, warm_mount},
  };
}

std::unique_ptr<Repository> open_far_repository(Backend& storage, bool with_index) {
  auto repository =
      std::make_unique<Repository>(storage, as_bytes(kPassword), OpenOptions{}, StopToken());
  if (with_index) repository->load_index({});
  return repository;
}

}  // namespace snapfs::test
