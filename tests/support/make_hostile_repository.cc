// Writes a small repository that costs whoever takes it for an ordinary one all memory or time. A
// program for tests, not a test. Prints the password.
//
//   make_hostile_repository DIRECTORY deep LEVELS NAME-BYTES
//       directories, one in the other; of two snapshots the second has one more file at the bottom
//   make_hostile_repository DIRECTORY shared LEVELS
//       each directory has the one below twice: more paths than anybody can count; two snapshots,
//       too
//   make_hostile_repository DIRECTORY lists DIRECTORIES CONTENTS
//       in each a file whose content is one blob so many times, and another one that is not there
//   make_hostile_repository DIRECTORY short NODES NODE-BYTES
//       one directory of so many nodes of so many bytes of text each
#include <cstdint>
#include <cstdio>
#include <exception>
#include <iterator>
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

/// FIFOs, which need to say the least, and a user's name for the rest of the bytes.
void make_short(const std::string& path, std::uint64_t count, std::uint64_t bytes) {
  MemoryBackend backend;
  RepositoryMaker maker(backend);
  std::string text = "{\"nodes\":[";
  text.reserve(text.size() + count * (bytes + 1) + 2);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::size_t begin = text.size();
    fmt::format_to(std::back_inserter(text), R"({{"name":"{:08}","type":"fifo")", i);
    const std::size_t written = text.size() - begin + 1;
    constexpr std::string_view kUser = R"(,"user":"")";
    if (written + kUser.size() <= bytes) {
      fmt::format_to(std::back_inserter(text), R"(,"user":"{}")",
                     std::string(bytes - written - kUser.size(), 'u'));
    }
    text += i + 1 < count ? "}," : "}";
  }
  maker.add_snapshot(maker.add_tree_text(text + "]}\n"), "2026-01-01T00:00:00Z");
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
  const bool is_short = argc == 5 && std::string_view(argv[2]) == "short";
  if (!deep && !shared && !lists && !is_short) {
    std::fputs(
        "usage: make_hostile_repository DIRECTORY deep LEVELS NAME-BYTES | shared LEVELS | lists "
        "DIRECTORIES CONTENTS | short NODES NODE-BYTES\n",
        stderr);
    return 2;
  }
  try {
    if (lists) {
      snapfs::test::make_lists(argv[1], number_argument(argv[3]), number_argument(argv[4]));
    } else if (is_short) {
      snapfs::test::make_short(argv[1], number_argument(argv[3]), number_argument(argv[4]));
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
