// Copies of damaged packs: whole, or not there.
#include "cli/command/kept_pack.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "tests/support/fails_with.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

namespace fs = std::filesystem;
using test::fails_with;

const Id kPack = {{0xab}};

/// Files cannot become longer while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

class KeptPackTest : public ::testing::Test {
 protected:
  std::string directory() const { return fs::path(directory_ / "x").parent_path(); }
  std::string path() const { return directory_ / ("pack-" + kPack.hex()); }

  std::string content() const {
    std::ifstream in(path());
    return {std::istreambuf_iterator<char>(in), {}};
  }

  test::TemporaryDirectory directory_;
};

TEST_F(KeptPackTest, IsThereAndMayBeThereBefore) {
  keep_pack(directory(), kPack, as_bytes("pack"));
  keep_pack(directory(), kPack, as_bytes("pack"));
  EXPECT_EQ(content(), "pack");
}

TEST_F(KeptPackTest, OtherContentIsNotOverwritten) {
  keep_pack(directory(), kPack, as_bytes("pack"));
  for (const char* const other : {"pacK", "pac", "packs"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kExists, "move it away",
                           [&] { keep_pack(directory(), kPack, as_bytes(other)); }));
  }
  EXPECT_EQ(content(), "pack");
}

TEST_F(KeptPackTest, WhatCannotBeWrittenWholeIsNotThere) {
  {
    const FileSizeLimit limit(1000);
    EXPECT_THROW(keep_pack(directory(), kPack, Bytes(5000)), Error);
  }
  EXPECT_TRUE(fs::is_empty(directory()));
  keep_pack(directory(), kPack, as_bytes("pack"));
  EXPECT_EQ(content(), "pack");
}

}  // namespace
}  // namespace snapfs
