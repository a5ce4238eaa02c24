// One run of a profile at a time.
#include "cli/profile/run_lock.h"

#include <unistd.h>

#include <optional>

#include "tests/cli/profile/profile_bench.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;

class RunLocks : public test::ProfileBench {};

TEST_F(RunLocks, KeepASecondRunOutAndSayWhoHasIt) {
  const std::string path = write("home", "");
  std::optional<RunLock> first(path);
  EXPECT_TRUE(fails_with(ErrorCode::kLocked, "(process " + std::to_string(::getpid()) + ")",
                         [&] { RunLock second(path); }));
  first.reset();
  RunLock third(path);
}

TEST_F(RunLocks, GoByTheFileNotByItsName) {
  const std::string path = write("home", "");
  std::filesystem::create_symlink(path, path_of("link"));
  EXPECT_EQ(RunLock::file_for(path_of("link")), RunLock::file_for(path));
  EXPECT_NE(RunLock::file_for(scratch() / "home.toml"), RunLock::file_for(path));
  const RunLock one(path);
  const RunLock other(write("other", ""));
}

}  // namespace
}  // namespace snapfs
