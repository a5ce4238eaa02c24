#include "fs/drill/source_place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapfs {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SourcePlaces, AbsoluteTargetsAreAtTheirOwnPaths) {
  EXPECT_EQ(source_places("/home/me/file", {"/home/me"}).front(), "/home/me/file");
  EXPECT_EQ(source_places("/home", {"/home/me"}).front(), "/home");
  EXPECT_EQ(source_places("/etc/fstab", {"/"}).front(), "/etc/fstab");
}

TEST(SourcePlaces, RelativeTargetsEndWithWhatWasTyped) {
  EXPECT_EQ(source_places("/work/a/file", {"/home/me/work"}).front(), "/home/me/work/a/file");
  EXPECT_EQ(source_places("/me/work/file", {"/home/me/work"}).front(), "/home/me/work/file");
  EXPECT_EQ(source_places("/work", {"/home/me/work"}).front(), "/home/me/work");
  EXPECT_EQ(source_places("/me", {"/home/me/work"}).front(), "/home/me");
  EXPECT_EQ(source_places("/b/file", {"/x/a", "/y/b"}).front(), "/y/b/file");
}

TEST(SourcePlaces, ContentOfTheWorkingDirectoryIsAtTheRoot) {
  EXPECT_THAT(source_places("/file", {"/home/me"}), ElementsAre("/home/me/file"));
}

TEST(SourcePlaces, NamesAreWholeComponents) {
  EXPECT_THAT(source_places("/ork/file", {"/home/work"}), ElementsAre("/home/work/ork/file"));
  EXPECT_THAT(source_places("/home/meme", {"/home/me"}), ::testing::Not(Contains("/home/meme")));
  EXPECT_THAT(source_places("/x", {}), IsEmpty());
}

}  // namespace
}  // namespace snapfs
