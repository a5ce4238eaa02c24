// versions/PATH, without a kernel.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/mount/model/views_scene.h"

namespace snapfs::test {
namespace {

using ::testing::ElementsAre;

TEST_F(ViewsTest, VersionsOfAFileAreItsContentsOldestFirst) {
  Node touched = file("report.odt", "one");
  touched.mtime.seconds += 5;
  const auto home = [&](Node node) { return directory("home", {directory("me", {node})}); };
  snapshot("2026-11-01T11:00:00+01:00", {home(file("report.odt", "one"))});
  snapshot("2026-11-02T10:00:00Z", {home(touched)});
  snapshot("2026-11-03T10:00:00Z", {home(file("report.odt", "two"))});
  snapshot("2026-11-04T10:00:00Z", {home(file("report.odt", "one"))});
  snapshot("2026-11-05T10:00:00Z", {file("other", "x")});
  const Names path = {"versions", "home", "me", "report.odt"};
  EXPECT_THAT(list(path), ElementsAre("2026-11-01T10-00-00Z.odt", "2026-11-03T10-00-00Z.odt"));
  EXPECT_EQ(read({"versions", "home", "me", "report.odt", "2026-11-01T10-00-00Z.odt"}), "one");
  EXPECT_EQ(read({"versions", "home", "me", "report.odt", "2026-11-03T10-00-00Z.odt"}), "two");
  EXPECT_FALSE(find({"versions", "home", "me", "report.odt", "2026-11-04T10-00-00Z.odt"}));
  EXPECT_FALSE(find({"versions", "home", "me", "absent"}));
  EXPECT_FALSE(find({"versions", "home", "me", "report.odt", "2026-11-03T10-00-00Z.odt"})->stable);
}

TEST_F(ViewsTest, VersionsOfADirectoryAreBesideTheNamesInIt) {
  Node own = directory("d", {file("f", "1")});
  own.permissions = 0750;
  snapshot("2026-11-01T10:00:00Z", {own});
  snapshot("2026-11-02T10:00:00Z", {directory("d", {file("g", "2"), make_symlink("l", "g")})});
  EXPECT_THAT(list({"versions", "d"}),
              ElementsAre("2026-11-01T10-00-00Z", "2026-11-02T10-00-00Z", "f", "g", "l"));
  EXPECT_THAT(list({"versions"}), ElementsAre("2026-11-01T10-00-00Z", "2026-11-02T10-00-00Z", "d"));
  EXPECT_THAT(list({"versions", "d", "2026-11-02T10-00-00Z"}), ElementsAre("g", "l"));
  EXPECT_EQ(read({"versions", "d", "2026-11-01T10-00-00Z", "f"}), "1");
  EXPECT_EQ(read({"versions", "2026-11-02T10-00-00Z", "d", "g"}), "2");
  EXPECT_EQ(find({"versions", "d", "2026-11-01T10-00-00Z"})->attributes.mode & 07777, 0750U);
  EXPECT_EQ(fs().read_link(ino({"versions", "d", "l", "2026-11-02T10-00-00Z"})), "g");
}

TEST_F(ViewsTest, EveryVersionIsAPlaceOfItsOwn) {
  snapshot("2026-11-01T10:00:00Z", {directory("d", {directory("e", {file("f", "1")})})});
  const Ino e = ino({"versions", "d", "e", "2026-11-01T10-00-00Z"});
  EXPECT_NE(e, ino({"versions", "d", "2026-11-01T10-00-00Z", "e"}));
  EXPECT_NE(e, ino({"at", "now", "d", "e"}));
  EXPECT_EQ(e, ino({"versions", "d", "e", "2026-11-01T10-00-00Z"}));
}

TEST_F(ViewsTest, WhatChangesItsTypeHasVersionsOfBothKinds) {
  snapshot("2026-11-01T10:00:00Z", {file("x.d", "1")});
  snapshot("2026-11-02T10:00:00Z", {directory("x.d", {file("f", "2")})});
  EXPECT_THAT(list({"versions", "x.d"}),
              ElementsAre("2026-11-01T10-00-00Z.d", "2026-11-02T10-00-00Z", "f"));
  EXPECT_EQ(read({"versions", "x.d", "f", "2026-11-02T10-00-00Z"}), "2");
}

TEST_F(ViewsTest, MessagesNameSnapshotAndPath) {
  const Snapshot made =
      snapshot("2026-11-01T10:00:00Z", {directory("d", {directory("e", {file("f", "1")})})});
  const std::string snapshot = "snapshot " + made.id.short_hex() + ":";
  const auto place = [&](const Names& path) { return fs().place_text(ino(path)); };
  EXPECT_EQ(place({"at", "now", "d", "e", "f"}), snapshot + "/d/e/f");
  EXPECT_EQ(place({"versions", "d", "e", "f", "2026-11-01T10-00-00Z"}), snapshot + "/d/e/f");
  EXPECT_EQ(place({"versions", "d", "2026-11-01T10-00-00Z", "e"}), snapshot + "/d/e");
  EXPECT_EQ(place({"snapshots", "2026-11-01T10-00-00Z"}), snapshot + "/");
  EXPECT_EQ(place({"snapshots"}), "");
  EXPECT_EQ(fs().place_text(123456), "") << "never given out";
}

TEST_F(ViewsTest, NamesThatLookLikeVersionsStepAside) {
  const std::string plain = "2026-11-01T10-00-00Z";
  snapshot("2026-11-01T10:00:00Z",
           {file(plain, "a"), file("_" + plain + ".b", "b"), file("_c", "c")});
  EXPECT_THAT(list({"versions"}), ElementsAre(plain, "_" + plain, "__" + plain + ".b", "_c"));
  EXPECT_EQ(read({"versions", "_" + plain, plain}), "a");
  EXPECT_EQ(read({"versions", "__" + plain + ".b", plain + ".b"}), "b");
  EXPECT_EQ(read({"versions", "_c", plain}), "c");
  EXPECT_EQ(read({"versions", plain, plain}), "a");
}

TEST_F(ViewsTest, VersionsAtTheEdgesOfTimeAreFoundAsTheyAreListed) {
  snapshot("0000-01-01T00:30:00+01:00", {file("f", "first")});
  snapshot("9999-12-31T23:30:00-01:00", {file("f", "last")});
  EXPECT_THAT(list({"versions", "f"}), ElementsAre("0000-01-01T00-00-00Z", "9999-12-31T23-59-59Z"));
  EXPECT_EQ(read({"versions", "f", "0000-01-01T00-00-00Z"}), "first");
  EXPECT_EQ(read({"versions", "f", "9999-12-31T23-59-59Z"}), "last");
  EXPECT_EQ(read({"snapshots", "9999-12-31T23-30-00-0100", "f"}), "last");
  EXPECT_EQ(read({"at", "9999-12-31T23-30-00-0100", "f"}), "last");
}

TEST_F(ViewsTest, VersionsOfOneSecondAreToldApart) {
  snapshot("2026-11-01T10:00:00.1Z", {file("f.tar.gz", "1")});
  snapshot("2026-11-01T10:00:00.2Z", {file("f.tar.gz", "2")});
  EXPECT_THAT(list({"versions", "f.tar.gz"}),
              ElementsAre("2026-11-01T10-00-00Z.tar.gz", "2026-11-01T10-00-00Z_2.tar.gz"));
  EXPECT_EQ(read({"versions", "f.tar.gz", "2026-11-01T10-00-00Z_2.tar.gz"}), "2");
}

TEST_F(ViewsTest, VersionsThatAreTheSameWhenWrittenInOneAreTwo) {
  Node link = make_symlink("l", "x1");
  snapshot("2026-11-01T10:00:00Z", {link});
  link.link_target = "x";
  link.device = 10;
  snapshot("2026-11-02T10:00:00Z", {link});
  EXPECT_THAT(list({"versions", "l"}), ElementsAre("2026-11-01T10-00-00Z", "2026-11-02T10-00-00Z"));
}

// In UTC, these are in years of one digit less than nothing, and of five.
TEST_F(ViewsTest, VersionsAtTheEndsOfTheCalendarAreFoundByTheirNames) {
  snapshot("0000-01-01T00:30:00+01:00", {file("f", "1")});
  snapshot("0000-01-01T00:00:00Z", {file("f", "2")});
  snapshot("9999-12-31T23:30:00-01:00", {file("f", "3")});
  EXPECT_THAT(list({"versions", "f"}), ElementsAre("0000-01-01T00-00-00Z", "0000-01-01T00-00-00Z_2",
                                                   "9999-12-31T23-59-59Z"));
  EXPECT_EQ(read({"versions", "f", "0000-01-01T00-00-00Z"}), "1");
  EXPECT_EQ(read({"versions", "f", "0000-01-01T00-00-00Z_2"}), "2");
  EXPECT_EQ(read({"versions", "f", "9999-12-31T23-59-59Z"}), "3");
}

TEST_F(ViewsTest, NewVersionsAppear) {
  snapshot("2026-11-01T10:00:00Z", {file("f", "1")});
  EXPECT_THAT(list({"versions", "f"}), ElementsAre("2026-11-01T10-00-00Z"));
  EXPECT_FALSE(find({"versions", "g"}));
  snapshot("2026-11-02T10:00:00Z", {file("f", "2"), file("g", "3")});
  EXPECT_THAT(list({"versions", "f"}), ElementsAre("2026-11-01T10-00-00Z", "2026-11-02T10-00-00Z"));
  EXPECT_EQ(read({"versions", "g", "2026-11-02T10-00-00Z"}), "3");
}

TEST_F(ViewsTest, ADamagedDirectoryHidesItsVersionsOnly) {
  const Node bad = directory("d", {file("f", "1")});
  snapshot("2026-11-01T10:00:00Z", {bad});
  snapshot("2026-11-02T10:00:00Z", {directory("d", {file("f", "2")})});
  maker_.damage({BlobType::kTree, *bad.subtree});
  EXPECT_THAT(list({"versions", "d", "f"}), ElementsAre("2026-11-02T10-00-00Z"));
  EXPECT_THAT(warnings_,
              ElementsAre(::testing::StartsWith("versions/d: a state of it is left out: ")));
}

}  // namespace
}  // namespace snapfs::test
