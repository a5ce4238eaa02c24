// Whose directories the cache may be in.
#include "cli/session/cache_directory.h"

#include <unistd.h>

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "cli/option/global_options.h"
#include "tests/support/scoped_variable.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

constexpr uid_t kSomebody = 1234;

TEST(CacheDirectory, OfRootIsInNoDirectoryOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give directories away";
  const test::TemporaryDirectory directory;
  const std::string home = directory / "home";
  const std::string cache = home + "/.cache/snapfs";
  std::filesystem::create_directories(home);
  EXPECT_EQ(foreign_part(cache, 0), std::nullopt);
  ASSERT_EQ(::chown(home.c_str(), kSomebody, kSomebody), 0);
  EXPECT_EQ(foreign_part(cache, 0), home);
  EXPECT_EQ(foreign_part(cache, kSomebody), std::nullopt);
  EXPECT_EQ(foreign_part(cache, kSomebody + 1), std::nullopt) << "the system keeps that one out";
  const test::ScopedVariable xdg("XDG_CACHE_HOME", "");
  const test::ScopedVariable variable("HOME", home);
  GlobalOptions options;
  EXPECT_EQ(cache_directory(options), std::nullopt);
  options.cache_directory = home;  // root says so
  EXPECT_EQ(cache_directory(options), home + "/snapfs");
}

TEST(CacheDirectory, OfRootIsBehindNoLinkOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give links away";
  const test::TemporaryDirectory directory;
  const std::string link = directory / "link";
  std::filesystem::create_directory_symlink("/", link);
  EXPECT_EQ(foreign_part(link + "/x", 0), std::nullopt);
  ASSERT_EQ(::lchown(link.c_str(), kSomebody, kSomebody), 0);
  EXPECT_EQ(foreign_part(link + "/x", 0), link);
}

}  // namespace
}  // namespace snapfs
