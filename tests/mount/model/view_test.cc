// The names above the snapshots.
#include "mount/model/view.h"

#include <array>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/time/rfc3339.h"
#include "mount/model/virtual_tree.h"

namespace snapfs {
namespace {

using ::testing::ElementsAre;

Snapshot snapshot(std::uint8_t id, std::string_view time, std::string host = "alpha",
                  std::vector<std::string> tags = {}) {
  Snapshot result;
  result.id.bytes.fill(id);
  result.tree.bytes.fill(id);
  result.time = parse_rfc3339(time).value();
  result.hostname = std::move(host);
  result.username = "tester";
  result.tags = std::move(tags);
  return result;
}

std::vector<std::string> names(const View& view, const std::string& path) {
  std::vector<std::string> result;
  for (const ViewEntry& entry : view.directories.at(path).entries) result.push_back(entry.name);
  return result;
}

TEST(View, StaticDirectoriesExistWithoutSnapshots) {
  const View view = build_view({}, default_path_templates());
  EXPECT_THAT(names(view, ""), ElementsAre("hosts", "ids", "paths", "snapshots", "tags"));
  EXPECT_TRUE(view.directories.at("tags").entries.empty());
}

TEST(View, NamesAreTheTimeInTheRecordedZoneToTheSecond) {
  const View view =
      build_view({snapshot(1, "2026-11-23T00:38:58.987654321+01:00")}, default_path_templates());
  EXPECT_THAT(names(view, "snapshots"), ElementsAre("2026-11-23T00-38-58+0100", "latest"));
  EXPECT_THAT(names(view, "hosts/alpha"), ElementsAre("2026-11-23T00-38-58+0100", "latest"));
  EXPECT_THAT(names(view, "ids"), ElementsAre("01010101"));
}

TEST(View, NameClashesAreNumberedInAscendingOrder) {
  const View view =
      build_view({snapshot(1, "2026-01-01T00:00:00.1Z"), snapshot(2, "2026-01-01T00:00:00.2Z"),
                  snapshot(3, "2026-01-01T00:00:00.3Z")},
                 default_path_templates());
  const ViewDirectory& snapshots = view.directories.at("snapshots");
  EXPECT_EQ(snapshots.find("2026-01-01T00-00-00Z")->snapshot, 0U);
  EXPECT_EQ(snapshots.find("2026-01-01T00-00-00Z-1")->snapshot, 1U);
  EXPECT_EQ(snapshots.find("2026-01-01T00-00-00Z-2")->snapshot, 2U);
  EXPECT_EQ(snapshots.find("latest")->target, "2026-01-01T00-00-00Z-2");
}

TEST(View, LatestIsTheNewestOfItsDirectory) {
  const View view = build_view(
      {snapshot(1, "2026-01-01T00:00:00Z", "alpha"), snapshot(2, "2026-01-02T00:00:00Z", "beta")},
      default_path_templates());
  EXPECT_EQ(view.directories.at("snapshots").find("latest")->target, "2026-01-02T00-00-00Z");
  EXPECT_EQ(view.directories.at("hosts/alpha").find("latest")->target, "2026-01-01T00-00-00Z");
}

TEST(View, EveryTagHasADirectoryWithASafeName) {
  const View view =
      build_view({snapshot(1, "2026-01-01T00:00:00Z", "al/pha", {"", ".", "..", "a/b", "plain"})},
                 default_path_templates());
  EXPECT_THAT(names(view, "tags"), ElementsAre("_", "__", "a_b", "plain"));
  EXPECT_THAT(names(view, "hosts"), ElementsAre("al_pha"));
  // "" and "." share a directory: one snapshot twice.
  EXPECT_THAT(names(view, "tags/_"),
              ElementsAre("2026-01-01T00-00-00Z", "2026-01-01T00-00-00Z-1", "latest"));
}

TEST(View, LongNamesAreCutAndStayDistinct) {
  const std::string tag(300, 'x');
  const std::array<std::string_view, 1> pattern = {"%t"};
  const View view = build_view({snapshot(1, "2026-01-01T00:00:00Z", "a", {tag}),
                                snapshot(2, "2026-01-02T00:00:00Z", "a", {tag})},
                               pattern);
  EXPECT_THAT(names(view, ""), ElementsAre(std::string(253, 'x') + "-1", std::string(255, 'x')));
}

TEST(View, TemplatesKnowAllVerbs) {
  const std::array<std::string_view, 1> pattern = {"by/%u@%h/%%%i"};
  const View view = build_view({snapshot(0xab, "2026-01-01T00:00:00Z")}, pattern);
  EXPECT_THAT(names(view, "by/tester@alpha"), ElementsAre("%abababab"));
}

TEST(View, SetsOfPathsHaveNamesOfTheirOwn) {
  EXPECT_EQ(paths_name({"/home/me/work"}), "home+me+work");
  EXPECT_EQ(paths_name({"/home", "/etc"}), "etc++home");
  EXPECT_EQ(paths_name({"/etc", "/home"}), "etc++home");
  EXPECT_EQ(paths_name({"/"}), "%2F");
  EXPECT_EQ(paths_name({}), "%");
  EXPECT_EQ(paths_name({"/a+b", "/c%:,\\\n"}), "a%2Bb++c%25%3A%2C%5C%0A");
  EXPECT_EQ(paths_name({"C:\\Users"}), "%C%3A%5CUsers");
  EXPECT_NE(paths_name({"etc"}), paths_name({"/etc"}));
  const std::string deep = "/" + std::string(300, 'x');
  EXPECT_EQ(paths_name({deep}).size(), 255U);
  EXPECT_NE(paths_name({deep}), paths_name({deep + "y"}));
}

TEST(View, SnapshotsAreLaidOutByHostAndPaths) {
  Snapshot etc = snapshot(1, "2026-01-01T00:00:00Z");
  Snapshot home = snapshot(2, "2026-01-02T00:00:00Z");
  Snapshot other = snapshot(3, "2026-01-03T00:00:00Z", "beta");
  etc.paths = other.paths = {"/etc"};
  home.paths = {"/home/me"};
  const View view = build_view({etc, home, other}, default_path_templates());
  EXPECT_THAT(names(view, "paths"), ElementsAre("alpha", "beta"));
  EXPECT_THAT(names(view, "paths/alpha"), ElementsAre("etc", "home+me"));
  EXPECT_THAT(names(view, "paths/alpha/etc"), ElementsAre("2026-01-01T00-00-00Z", "latest"));
  EXPECT_THAT(view.directories.at("hosts/alpha").snapshots, ElementsAre(0, 1));
}

TEST(View, TimesAreNamedByTheTimeTemplate) {
  const View view = build_view(
      {snapshot(1, "2026-01-02T03:04:05+01:00"), snapshot(2, "2026-01-02T03:04:30+01:00")},
      default_path_templates(), TimeTemplate("2006-01-02_15-04"));
  EXPECT_THAT(names(view, "snapshots"),
              ElementsAre("2026-01-02_03-04", "2026-01-02_03-04-1", "latest"));
}

TEST(View, SlashesInTheTimeTemplateMakeDirectories) {
  const std::array<std::string_view, 2> pattern = {"by/%T", "%T"};
  const View view =
      build_view({snapshot(1, "2026-01-02T03:04:05Z"), snapshot(2, "2026-02-03T03:04:30Z")},
                 pattern, TimeTemplate("2006/01/02"));
  EXPECT_THAT(names(view, ""), ElementsAre("2026", "by", "latest"));
  EXPECT_THAT(names(view, "by"), ElementsAre("2026", "latest"));
  EXPECT_THAT(names(view, "by/2026"), ElementsAre("01", "02"));
  EXPECT_THAT(names(view, "by/2026/02"), ElementsAre("03"));
  EXPECT_EQ(view.directories.at("by").find("latest")->target, "2026/02/03");
  EXPECT_EQ(view.directories.at("").find("latest")->target, "2026/02/03");
}

TEST(View, ADirectoryEvadesASnapshotOfTheSameName) {
  const std::array<std::string_view, 2> pattern = {"%h", "%h/%i"};
  const View view = build_view({snapshot(1, "2026-01-01T00:00:00Z")}, pattern);
  EXPECT_THAT(names(view, ""), ElementsAre("alpha", "alpha-1"));
  EXPECT_THAT(names(view, "alpha-1"), ElementsAre("01010101"));
}

TEST(VirtualTree, InodesOutlastARebuild) {
  VirtualTree tree;
  const Snapshot first = snapshot(1, "2026-01-01T00:00:00Z");
  tree.replace(build_view({first}, default_path_templates()), {});
  const auto before = tree.view();
  tree.replace(build_view({first, snapshot(2, "2026-01-02T00:00:00Z")}, default_path_templates()),
               {});
  const auto after = tree.view();

  const auto ino = [](const View& view, const std::string& path, std::string_view name) {
    return view.directories.at(path).find(name)->node->ino;
  };
  EXPECT_EQ(ino(*before, "", "snapshots"), ino(*after, "", "snapshots"));
  EXPECT_EQ(ino(*before, "snapshots", "2026-01-01T00-00-00Z"),
            ino(*after, "snapshots", "2026-01-01T00-00-00Z"));
  EXPECT_NE(ino(*before, "snapshots", "latest"), ino(*after, "snapshots", "latest"));
  EXPECT_NE(ino(*after, "snapshots", "2026-01-01T00-00-00Z"), ino(*after, "ids", "01010101"));
}

TEST(View, LongNamesEndWithAWholeCharacter) {
  std::string host;
  for (int i = 0; i < 200; ++i) host += "\u20ac";  // three bytes each: 255 of them are 85
  const View view =
      build_view({snapshot(1, "2026-01-01T00:00:00Z", "a" + host)}, default_path_templates());
  EXPECT_THAT(names(view, "hosts"), ElementsAre("a" + host.substr(0, 252)));
}

// Each of these names is cut to the same beginning when it is given a number: a search from 1 on
// for each of them would take hours.
TEST(View, NamesThatAreCutToTheSameOneAreNumberedOn) {
  constexpr int kNames = 30'000;
  std::vector<Snapshot> snapshots;
  for (int i = 0; i < kNames; ++i) {
    const std::string number = std::to_string(100'000 + i);
    for (int twice = 0; twice < 2; ++twice) {
      snapshots.push_back(snapshot(1, "2026-01-01T00:00:00Z", std::string(249, 'x') + number));
    }
  }
  constexpr std::string_view kByHost[] = {"%h"};
  const View view = build_view(std::move(snapshots), kByHost);
  EXPECT_EQ(view.directories.at("").entries.size(), 2U * kNames);
}

}  // namespace
}  // namespace snapfs
