// Writes a repository of sizes that no test could afford to store: many snapshots, a directory of
// many entries, a file of many blobs, a file of many bytes. A program for tests of the mount, not a
// test.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fs/backend/memory.h"
#include "fs/tree/snapshot_list.h"
#include "tests/support/number_argument.h"
#include "tests/support/repository_maker.h"

namespace snapfs::test {
namespace {

/// The program's arguments.
struct Sizes {
  std::uint64_t snapshots = 0;
  std::uint64_t entries = 0;
  std::uint64_t blobs = 0;
  std::uint64_t sparse_bytes = 0;
};

/// The largest that a chunker cuts: a tree that named 10 TiB in smaller ones would be too large.
constexpr std::size_t kZeroBlobBytes = 8 << 20;

std::string numbered(const char* prefix, std::uint64_t number) {
  char name[64];
  std::snprintf(name, sizeof name, "%s%08llu", prefix, static_cast<unsigned long long>(number));
  return name;
}

/// A directory of small files that share one blob.
Id make_wide_directory(RepositoryMaker& maker, std::uint64_t entries) {
  const Node file = maker.make_file("", {"x\n"});
  std::vector<Node> nodes;
  nodes.reserve(entries);
  for (std::uint64_t i = 0; i < entries; ++i) {
    nodes.push_back(file);
    nodes.back().name = numbered("entry-", i);
  }
  return maker.add_tree(std::move(nodes));
}

/// Every blob is 16 bytes that say which it is.
Node make_long_file(RepositoryMaker& maker, std::uint64_t blobs) {
  Node node = make_node("file", NodeType::kFile);
  node.content.reserve(blobs);
  for (std::uint64_t i = 0; i < blobs; ++i) {
    node.content.push_back(maker.add_data(numbered("blob---", i) + "\n"));
  }
  node.size = blobs * 16;
  return node;
}

/// Zeros with four bytes of data at the end.
Node make_sparse_file(RepositoryMaker& maker, std::uint64_t bytes) {
  Node node = make_node("file", NodeType::kFile);
  const std::uint64_t zeros = bytes / kZeroBlobBytes;
  node.content.assign(zeros, maker.add_data(std::string(kZeroBlobBytes, '\0')));
  node.content.push_back(maker.add_data("end\n"));
  node.size = zeros * kZeroBlobBytes + 4;
  return node;
}

/// One a minute, from 2020 on.
void add_snapshots(RepositoryMaker& maker, const Id& tree, std::uint64_t count) {
  Snapshot snapshot = maker.add_snapshot(tree, "2020-01-01T00:00:00Z");
  for (std::uint64_t i = 1; i < count; ++i) {
    snapshot.time.instant.seconds += 60;
    save_snapshot(maker.repository(), snapshot, {});
  }
}

void make(const std::string& path, const Sizes& sizes) {
  MemoryBackend backend;
  RepositoryMaker maker(backend);
  std::vector<Node> top;
  top.push_back(make_directory("wide", make_wide_directory(maker, sizes.entries)));
  top.push_back(make_directory("long", maker.add_tree({make_long_file(maker, sizes.blobs)})));
  top.push_back(
      make_directory("sparse", maker.add_tree({make_sparse_file(maker, sizes.sparse_bytes)})));
  add_snapshots(maker, maker.add_tree(std::move(top)), sizes.snapshots);
  write_out(backend, path);
}

}  // namespace
}  // namespace snapfs::test

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fputs("usage: make_large_repository DIRECTORY SNAPSHOTS ENTRIES BLOBS SPARSE-BYTES\n",
               stderr);
    return 2;
  }
  using snapfs::test::number_argument;
  try {
    snapfs::test::make(argv[1], {number_argument(argv[2]), number_argument(argv[3]),
                                 number_argument(argv[4]), number_argument(argv[5])});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  std::printf("%.*s\n", static_cast<int>(snapfs::test::kPassword.size()),
              snapfs::test::kPassword.data());
  return 0;
}
