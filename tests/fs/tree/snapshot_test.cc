// Snapshots as JSON (FORMAT §11, Appendix A.2), and which of them is meant.
#include "fs/tree/snapshot.h"

#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "fs/time/rfc3339.h"
#include "fs/tree/snapshot_list.h"

namespace snapfs {
namespace {

constexpr std::string_view kReference =
    R"({"time":"2026-11-22T23:38:57.895628148Z",)"
    R"("tree":"1573b19e688d013b9e59eec82f7ba1681516dc2ca2b817373585dd35f62cf09b","paths":["/srv/t"],)"
    R"("hostname":"vm","username":"root","program_version":"restic 0.19.1","summary":{)"
    R"("backup_start":"2026-11-22T23:38:57.895628148Z","backup_end":"2026-11-22T23:38:58.406817244Z",)"
    R"("files_new":43,"files_changed":0,"files_unmodified":0,"dirs_new":6,"dirs_changed":0,)"
    R"("dirs_unmodified":0,"data_blobs":1,"tree_blobs":5,"data_added":16661,)"
    R"("data_added_packed":2864,"total_files_processed":43,"total_bytes_processed":60}})";

/// The ID whose digits are all `digit`.
Id id_of(char digit) { return Id::parse(std::string(64, digit)).value(); }

TEST(Snapshot, ReadsAndWritesTheReferenceSnapshot) {
  const Snapshot snapshot = parse_snapshot(id_of('1'), as_bytes(kReference));
  EXPECT_EQ(snapshot.id, id_of('1'));
  EXPECT_EQ(snapshot.paths, std::vector<std::string>{"/srv/t"});
  EXPECT_EQ(snapshot.summary.value().data_added_packed, 2864U);
  EXPECT_EQ(encode_snapshot(snapshot), kReference);
}

TEST(Snapshot, WritesEveryFieldInOrder) {
  Snapshot snapshot;
  snapshot.time = parse_rfc3339("2026-06-01T12:00:00.5+02:00").value();
  snapshot.parent = id_of('a');
  snapshot.tree = id_of('b');
  snapshot.paths = {"/z", "/a<", "/z"};
  snapshot.hostname = "h\xff";
  snapshot.username = "u";
  snapshot.uid = 1000;
  snapshot.gid = 4294967295;
  snapshot.excludes = {"*.o"};
  snapshot.tags = {"t2", "t1"};
  snapshot.original = id_of('c');
  snapshot.program_version = "p";
  const std::string expected =
      R"({"time":"2026-06-01T12:00:00.5+02:00","parent":")" + id_of('a').hex() + R"(","tree":")" +
      id_of('b').hex() +
      R"(","paths":["/z","/a\u003c","/z"],"hostname":"h\ufffd","username":"u",)" +
      R"("uid":1000,"gid":4294967295,"excludes":["*.o"],"tags":["t2","t1"],"original":")" +
      id_of('c').hex() + R"(","program_version":"p"})";
  EXPECT_EQ(encode_snapshot(snapshot), expected);

  snapshot.hostname = "h\ufffd";
  EXPECT_EQ(parse_snapshot(Id{}, as_bytes(expected)), snapshot);
}

TEST(Snapshot, LeavesOutWhatIsEmpty) {
  Snapshot snapshot;
  snapshot.tree = id_of('b');
  EXPECT_EQ(encode_snapshot(snapshot),
            R"({"time":"1970-01-01T00:00:00Z","tree":")" + id_of('b').hex() + R"(","paths":[]})");
}

TEST(Snapshot, FieldsComeWithoutBraces) {
  const Snapshot snapshot = parse_snapshot(Id{}, as_bytes(kReference));
  std::string out = "{\"id\":1,";
  append_snapshot_fields(out, snapshot);
  EXPECT_EQ(out, "{\"id\":1," + std::string(kReference.substr(1, kReference.size() - 2)));
}

std::string minimal(const std::string& more) {
  return R"({"paths":["/p"],"time":"2026-06-01T12:00:00+02:00","tree":")" + id_of('b').hex() +
         "\"" + more + "}";
}

TEST(Snapshot, ReadsTheLeastThereCanBe) {
  const Snapshot snapshot = parse_snapshot(id_of('1'), as_bytes(minimal("")));
  EXPECT_EQ(format_rfc3339(snapshot.time), "2026-06-01T12:00:00+02:00");
  EXPECT_EQ(snapshot.tree, id_of('b'));
  EXPECT_EQ(snapshot.paths, std::vector<std::string>{"/p"});
  EXPECT_FALSE(snapshot.parent || snapshot.original || snapshot.summary);
}

TEST(Snapshot, PassesOverUnknownFieldsAndNull) {
  const Snapshot snapshot = parse_snapshot(
      Id{}, as_bytes(minimal(R"(,"new":{"a":[]},"tags":null,"parent":null,"hostname":"a",)"
                             R"("hostname":"b","summary":{"files_new":3,"other":"x"})")));
  EXPECT_EQ(snapshot.hostname, "b");
  EXPECT_FALSE(snapshot.parent);
  EXPECT_EQ(snapshot.summary.value().files_new, 3U);
}

TEST(Snapshot, IsRefusedWhenDamaged) {
  const std::string tree = "\"tree\":\"" + id_of('b').hex() + "\"";
  const std::string cases[] = {"",
                               "[]",
                               "{}",
                               "{" + tree + "}",
                               R"({"time":"2026-06-01T12:00:00Z"})",
                               R"({"time":"noon",)" + tree + "}",
                               R"({"time":"2026-06-01T12:00:00Z","tree":"ab"})",
                               minimal(R"(,"paths":"x")"),
                               minimal(R"(,"tags":[1])"),
                               minimal(R"(,"uid":-1)"),
                               minimal(R"(,"summary":[])"),
                               minimal(R"(,"summary":{"files_new":-1})")};
  for (const std::string& text : cases) {
    try {
      parse_snapshot(id_of('1'), as_bytes(text));
      ADD_FAILURE() << "no error for " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kDamaged);
      EXPECT_EQ(error.subject(), "snapshot " + id_of('1').hex());
    }
  }
}

// ---- choosing ----

Snapshot made(std::string_view digits, std::int64_t seconds, std::string host = "h") {
  Snapshot snapshot;
  snapshot.id = Id::parse(std::string(digits) + std::string(64 - digits.size(), '0')).value();
  snapshot.time.instant.seconds = seconds;
  snapshot.hostname = std::move(host);
  return snapshot;
}

ErrorCode error_of_finding(const std::vector<Snapshot>& snapshots, std::string_view text,
                           const SnapshotFilter& filter = {}) {
  try {
    find_snapshot(snapshots, text, filter);
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "found " << text;
  return ErrorCode::kInternal;
}

TEST(SnapshotFilter, AllowsEverythingWhenEmpty) {
  EXPECT_TRUE(SnapshotFilter{}.matches(Snapshot{}));
  EXPECT_TRUE(SnapshotFilter{}.matches(made("1", 1)));
}

TEST(SnapshotFilter, WantsOneOfTheHosts) {
  EXPECT_TRUE((SnapshotFilter{{"g", "h"}, {}, {}}.matches(made("1", 1))));
  EXPECT_FALSE((SnapshotFilter{{"g"}, {}, {}}.matches(made("1", 1))));
}

// What the reference program does with an empty tag depends on what stands before it.
TEST(SnapshotFilter, AnEmptyTagMeansNoneAtAllWhereItIsReached) {
  Snapshot untagged;
  Snapshot tagged;
  tagged.tags = {"x"};
  using Tags = std::vector<std::string>;
  for (const Tags& wanted : {Tags{""}, Tags{"", "x"}, Tags{"", ""}}) {
    EXPECT_TRUE(has_tags(untagged, wanted));
    EXPECT_FALSE(has_tags(tagged, wanted));
  }
  for (const Tags& wanted : {Tags{"x", ""}, Tags{"x", "", "y"}, Tags{"x:y", ""}}) {
    EXPECT_FALSE(has_tags(untagged, wanted));
    EXPECT_FALSE(has_tags(tagged, wanted));
  }
  EXPECT_TRUE(has_tags(untagged, {}));
  EXPECT_TRUE(has_tags(tagged, {"x"}));
}

TEST(SnapshotFilter, WantsAllTagsOfOneList) {
  Snapshot snapshot = made("1", 1);
  snapshot.tags = {"a", "b"};
  EXPECT_TRUE((SnapshotFilter{{}, {{"a"}}, {}}.matches(snapshot)));
  EXPECT_TRUE((SnapshotFilter{{}, {{"b", "a"}}, {}}.matches(snapshot)));
  EXPECT_TRUE((SnapshotFilter{{}, {{"c"}, {"b"}}, {}}.matches(snapshot)));
  EXPECT_FALSE((SnapshotFilter{{}, {{"a", "c"}}, {}}.matches(snapshot)));
  EXPECT_FALSE((SnapshotFilter{{}, {{""}}, {}}.matches(snapshot)));
  EXPECT_TRUE((SnapshotFilter{{}, {{""}}, {}}.matches(made("1", 1))));
  EXPECT_FALSE((SnapshotFilter{{}, {{"a"}}, {}}.matches(made("1", 1))));
}

TEST(SnapshotFilter, WantsAllPaths) {
  Snapshot snapshot = made("1", 1);
  snapshot.paths = {"/a", "/b"};
  EXPECT_TRUE((SnapshotFilter{{}, {}, {"/b"}}.matches(snapshot)));
  EXPECT_TRUE((SnapshotFilter{{}, {}, {"/b", "/a"}}.matches(snapshot)));
  EXPECT_FALSE((SnapshotFilter{{}, {}, {"/a", "/c"}}.matches(snapshot)));
}

TEST(FindSnapshot, TakesIdsAndPrefixes) {
  const std::vector<Snapshot> snapshots = {made("abc1", 1), made("abd2", 2), made("1", 3)};
  EXPECT_EQ(&find_snapshot(snapshots, "abc", {}), &snapshots[0]);
  EXPECT_EQ(&find_snapshot(snapshots, "ABD", {}), &snapshots[1]);
  EXPECT_EQ(&find_snapshot(snapshots, "1", {}), &snapshots[2]);
  EXPECT_EQ(&find_snapshot(snapshots, snapshots[1].id.hex(), {}), &snapshots[1]);
  // The filter is for "latest" only.
  EXPECT_EQ(&find_snapshot(snapshots, "abc", {{"nowhere"}, {}, {}}), &snapshots[0]);
}

TEST(FindSnapshot, RefusesWhatIsAmbiguousOrUnknown) {
  const std::vector<Snapshot> snapshots = {made("abc1", 1), made("abd2", 2)};
  EXPECT_EQ(error_of_finding(snapshots, "ab"), ErrorCode::kUsage);
  EXPECT_EQ(error_of_finding(snapshots, ""), ErrorCode::kUsage);
  EXPECT_EQ(error_of_finding(snapshots, "newest"), ErrorCode::kUsage);
  EXPECT_EQ(error_of_finding(snapshots, "ac"), ErrorCode::kNotFound);
  EXPECT_EQ(error_of_finding(snapshots, snapshots[0].id.hex() + "0"), ErrorCode::kNotFound);
}

TEST(FindSnapshot, TakesTheLatestThatMatches) {
  const std::vector<Snapshot> snapshots = {made("3", 5, "g"), made("1", 9), made("2", 9),
                                           made("4", 1)};
  EXPECT_EQ(&find_snapshot(snapshots, "latest", {}), &snapshots[2]);
  EXPECT_EQ(&find_snapshot(snapshots, "latest", {{"g"}, {}, {}}), &snapshots[0]);
  EXPECT_EQ(error_of_finding(snapshots, "latest", {{"x"}, {}, {}}), ErrorCode::kNotFound);
  EXPECT_EQ(error_of_finding({}, "latest"), ErrorCode::kNotFound);
}

TEST(FindParent, IsTheNewestThatIsNotLater) {
  std::vector<Snapshot> snapshots = {made("1", 10), made("2", 20), made("3", 30, "g"),
                                     made("4", 40)};
  const auto parent_at = [&](Timestamp time) -> std::string {
    const std::optional<Snapshot> parent = find_parent(snapshots, time, {{"h"}, {}, {}});
    return parent ? parent->id.hex().substr(0, 1) : "none";
  };
  EXPECT_EQ(parent_at({50, 0}), "4");
  EXPECT_EQ(parent_at({40, 0}), "4");
  EXPECT_EQ(parent_at({39, 999999999}), "2");
  EXPECT_EQ(parent_at({10, 0}), "1");
  EXPECT_EQ(parent_at({9, 999999999}), "none");
  // Instants count, not what clocks showed.
  snapshots[1].time.offset_seconds = 86400;
  EXPECT_EQ(parent_at({25, 0}), "2");
}

TEST(FindParent, WantsAllTargets) {
  std::vector<Snapshot> snapshots = {made("1", 10), made("2", 20)};
  snapshots[0].paths = {"/a", "/b"};
  snapshots[1].paths = {"/a"};
  EXPECT_EQ(find_parent(snapshots, {50, 0}, {{}, {}, {"/a", "/b"}}).value().id, snapshots[0].id);
  EXPECT_EQ(find_parent(snapshots, {50, 0}, {{}, {}, {"/a"}}).value().id, snapshots[1].id);
  EXPECT_FALSE(find_parent(snapshots, {50, 0}, {{}, {}, {"/c"}}));
}

}  // namespace
}  // namespace snapfs
