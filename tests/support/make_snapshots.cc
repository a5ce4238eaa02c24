// Writes a repository that holds just the snapshots whose JSON is read from standard input, one a
// line. Their trees need not exist. A program for tests of policies and listings, not a test.
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>

#include "fs/backend/memory.h"
#include "fs/base/bytes.h"
#include "tests/support/repository_maker.h"

namespace snapfs::test {
namespace {

void make(const std::string& path) {
  MemoryBackend backend;
  RepositoryMaker maker(backend);
  for (std::string line; std::getline(std::cin, line);) {
    maker.repository().save_file(FileKind::kSnapshot, as_bytes(line), {});
  }
  write_out(backend, path);
}

}  // namespace
}  // namespace snapfs::test

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make_snapshots DIRECTORY\n", stderr);
    return 2;
  }
  try {
    snapfs::test::make(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  std::printf("%.*s\n", static_cast<int>(snapfs::test::kPassword.size()),
              snapfs::test::kPassword.data());
  return 0;
}
