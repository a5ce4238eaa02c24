// Writes a small repository that costs whoever takes it for an ordinary one all memory or time:
// directories nested deep, directories that share so much that paths are more than anybody can
// count, and directories with one file each whose content is one blob so many times that its list
// is some hundred MiB of text. A program for tests, not a test.
//
//   make_hostile_repository DIRECTORY deep LEVELS NAME-BYTES
//   make_hostile_repository DIRECTORY shared LEVELS
//   make_hostile_repository DIRECTORY lists DIRECTORIES CONTENTS
//
// Two snapshots, of which the second has one more file at the bottom; of lists one snapshot, in
// which each file has one blob more, which is not there. Prints the password.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fs/backend/memory.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/number_argument.h"
#include "tests/support/repository_maker.h"

namespace snapfs::test {
namespace {

/// `levels` directories, one in the other.
Id make_deep(RepositoryMaker& maker, Id tree, std::uint64_t levels, std::uint64_t name_bytes) {
  const std::string name(name_bytes, 'd');
  for (std::uint64_t i = 0; i < levels; ++i) tree = maker.add_tree({make_directory(name, tree)});
  return tree;
}

/// Each has the one below twice: 2^levels paths.
Id make_shared(RepositoryMaker& maker, Id tree, std::uint64_t levels) {
  for (std::uint64_t i = 0; i < levels; ++i) {
    tree = maker.add_tree({make_directory("l", tree), make_directory("r", tree)});
  }
  return tree;
}

void make_lists(const std::string& path, std::uint64_t directories, std::uint64_t contents) {
  MemoryBackend backend;
  RepositoryMaker maker(backend);
  Node file = maker.make_file("file", {"content\n"});
  file.size *= contents;
  file.content.resize(contents, file.content.front());
  file.content.push_back(numbered_id(1));
  std::vector<Node> nodes;
  for (std::uint64_t i = 0; i < directories; ++i) {
    file.name = fmt::format("file of {}", i);
    nodes.push_back(make_directory(fmt::format("directory {:03}", i), maker.add_tree({file})));
  }
  maker.add_snapshot(maker.add_tree(nodes), "2026-01-01T00:00:00Z");
  write_out(backend, path);
}

void make(const std::string& path, bool deep, std::uint64_t levels, std::uint64_t name_bytes) {
  MemoryBackend backend;
  RepositoryMaker maker(backend);
  std::vector<Node> files = {maker.make_file("file", {"content\n"})};
  for (const char* const time : {"2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"}) {
    const Id bottom = maker.add_tree(files);
    maker.add_snapshot(
        deep ? make_deep(maker, bottom, levels, name_bytes) : make_shared(maker, bottom, levels),
        time);
    files.push_back(maker.make_file("second", {"more\n"}));
  }
  write_out(backend, path);
}

}  // namespace
}  // namespace snapfs::test

int main(int argc, char** argv) {
  using snapfs::test::number_argument;
  const bool deep = argc == 5 && std::string_view(argv[2]) == "deep";
  const bool shared = argc == 4 && std::string_view(argv[2]) == "shared";
  const bool lists = argc == 5 && std::string_view(argv[2]) == "lists";
  if (!deep && !shared && !lists) {
    std::fputs(
        "usage: make_hostile_repository DIRECTORY deep LEVELS NAME-BYTES | shared LEVELS | lists "
        "DIRECTORIES CONTENTS\n",
        stderr);
    return 2;
  }
  try {
    if (lists) {
      snapfs::test::make_lists(argv[1], number_argument(argv[3]), number_argument(argv[4]));
    } else {
      snapfs::test::make(argv[1], deep, number_argument(argv[3]),
                         deep ? number_argument(argv[4]) : 0);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  std::printf("%.*s\n", static_cast<int>(snapfs::test::kPassword.size()),
              snapfs::test::kPassword.data());
  return 0;
}
