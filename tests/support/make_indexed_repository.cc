// Writes a repository of which nothing but the index is large: real index files of any number of
// made-up blobs, packs that are holes of the right size, and one snapshot, with trees that can be
// read, of files of two blobs each, to which half of the blobs belongs; the other half is what
// forgotten snapshots leave. For measurements of what the size of an index costs, with this program
// and restic: everything but reading file contents works. Memory does not grow with the number of
// blobs, but for the index of the trees.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "fs/backend/local.h"
#include "fs/base/file.h"
#include "fs/base/parallel.h"
#include "fs/store/index_saver.h"
#include "tests/support/number_argument.h"
#include "tests/support/repository_maker.h"
#include "tests/support/synthetic_index.h"

namespace snapfs::test {
namespace {

/// As many as a directory has.
constexpr std::size_t kFilesPerDirectory = 20;
constexpr std::size_t kDirectoriesPerDirectory = 1'000;

/// Trees from the leaves up; holds one directory of each level. Not thread-safe.
class Tree {
 public:
  explicit Tree(RepositoryMaker& maker) : maker_(maker) {}

  void add(const PackEntry& blob) {
    if (file_.content.empty()) file_ = make_node(numbered("file", files_++), NodeType::kFile);
    file_.content.push_back(blob.handle.id);
    file_.size += blob.uncompressed_length;
    if (file_.content.size() == 2) end_file();
  }

  Id finish() {
    if (!file_.content.empty()) end_file();
    end_directory(leaf_, middle_);
    end_directory(middle_, top_);
    return maker_.add_tree(std::move(top_));
  }

 private:
  static std::string numbered(const char* prefix, std::uint64_t number) {
    char name[64];
    std::snprintf(name, sizeof name, "%s-%010llu", prefix, static_cast<unsigned long long>(number));
    return name;
  }

  void end_file() {
    leaf_.push_back(std::exchange(file_, {}));
    if (leaf_.size() == kFilesPerDirectory) end_directory(leaf_, middle_);
    if (middle_.size() == kDirectoriesPerDirectory) end_directory(middle_, top_);
  }

  void end_directory(std::vector<Node>& nodes, std::vector<Node>& parent) {
    if (nodes.empty()) return;
    const Id id = maker_.add_tree(std::exchange(nodes, {}));
    parent.push_back(make_directory(numbered("directory", directories_++), id));
  }

  RepositoryMaker& maker_;
  Node file_;
  std::vector<Node> leaf_;
  std::vector<Node> middle_;
  std::vector<Node> top_;
  std::uint64_t files_ = 0;
  std::uint64_t directories_ = 0;
};

void make_hole(const std::string& root, const PackDescription& pack) {
  const std::string path = root + "/" + path_of({FileKind::kPack, pack.id});
  const UniqueFd fd = open_file(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
  if (::ftruncate(fd.get(), static_cast<off_t>(file_bytes(pack))) != 0) {
    throw_errno(errno, "resize", path);
  }
}

void make(const std::string& path, const SyntheticSizes& sizes) {
  LocalBackend backend(path);
  RepositoryMaker maker(backend);
  const SyntheticIndex index(sizes);
  std::vector<std::size_t> files(index.files());
  std::iota(files.begin(), files.end(), std::size_t{0});
  parallel_for_each(files, [&](std::size_t file) {
    const std::vector<PackDescription> packs = index.packs_of(file);
    for (const PackDescription& pack : packs) make_hole(path, pack);
    save_index(maker.repository(), packs, {});
  });
  Tree tree(maker);
  for (const std::size_t file : files) {
    for (const PackDescription& pack : index.packs_of(file)) {
      for (std::size_t i = 0; i < pack.entries.size(); ++i) {
        if (SyntheticIndex::is_used(pack, i)) tree.add(pack.entries[i]);
      }
    }
  }
  maker.add_snapshot(tree.finish(), "2024-01-01T00:00:00Z");
}

}  // namespace
}  // namespace snapfs::test

int main(int argc, char** argv) {
  if (argc < 3 || argc > 5) {
    std::fputs("usage: make_indexed_repository DIRECTORY BLOBS [MEAN-BYTES [SEED]]\n", stderr);
    return 2;
  }
  using snapfs::test::number_argument;
  try {
    snapfs::test::SyntheticSizes sizes{.blobs = number_argument(argv[2])};
    if (argc > 3) sizes.mean_bytes = number_argument(argv[3]);
    if (argc > 4) sizes.seed = number_argument(argv[4]);
    snapfs::test::make(argv[1], sizes);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  std::printf("%.*s\n", static_cast<int>(snapfs::test::kPassword.size()),
              snapfs::test::kPassword.data());
  return 0;
}
