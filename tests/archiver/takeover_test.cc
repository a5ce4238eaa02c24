// What a second run takes over from the first, and what it does not dare to.
#include <cerrno>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/crypto/sha256.h"
#include "fs/store/index_saver.h"
#include "fs/store/pack_saver.h"
#include "fs/tree/node_json.h"
#include "fs/tree/tree_builder.h"
#include "tests/archiver/archiver_fixture.h"

namespace snapfs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TakeoverTest : public ArchiverTest {
 protected:
  /// Three levels of eight directories with files in them.
  void add_many_directories() {
    for (int i = 0; i < 512; ++i) {
      const std::string path = "/data/" + std::to_string(i % 8) + "/" + std::to_string(i / 8 % 8) +
                               "/" + std::to_string(i / 64);
      source_.add_file(path + "/file", std::to_string(i));
      source_.add_symlink(path + "/link", "file");
    }
  }

  /// A tree of one node.
  Id store_tree(const std::string& node_json) {
    TreeBuilder builder;
    builder.add(node_json);
    const std::string tree = builder.finish();
    const BlobHandle handle{BlobType::kTree, sha256(as_bytes(tree))};
    IndexSaver indexes(*repository_, clock_);
    PackSaver packs(*repository_, indexes);
    PackWriter writer(packs, PackWriter::kMinTargetBytes);
    const auto codec = repository_->make_codec();
    writer.add(codec->seal_blob(handle, as_bytes(tree)), *codec, {});
    writer.flush(*codec, {});
    indexes.flush({});
    return handle.id;
  }

  std::size_t attribute_calls(const std::string& path) {
    return source_.count(SourceOperation::kAttributes, path);
  }
};

TEST_F(TakeoverTest, AnyNumberOfWalkersMakesTheSameSnapshot) {
  add_many_directories();
  workers_ = 1;
  const Snapshot alone = take();
  for (const unsigned workers : {2, 3, 8}) {
    workers_ = workers;
    open();
    const Snapshot together = take();
    EXPECT_EQ(together.tree, alone.tree) << workers;
    EXPECT_EQ(together.summary->dirs_new, alone.summary->dirs_new);
    EXPECT_EQ(together.summary->files_new, 512U);
    const Snapshot again = take(together);
    EXPECT_EQ(again.tree, alone.tree) << workers;
    EXPECT_EQ(again.summary->dirs_unmodified, alone.summary->dirs_new);
    EXPECT_EQ(again.summary->files_unmodified, 512U);
    EXPECT_EQ(again.summary->tree_blobs, 0U);
  }
}

TEST_F(TakeoverTest, OneChangeFarBelowChangesTheDirectoriesAboveAlone) {
  add_many_directories();
  const Snapshot first = take();
  source_.add_file("/data/3/4/5/more", "x");
  const Snapshot second = take(first);
  EXPECT_EQ(content_of(node_at(second, {"data", "3", "4", "5", "more"})), "x");
  EXPECT_EQ(second.summary->dirs_changed, 4U);
  EXPECT_EQ(second.summary->dirs_unmodified, first.summary->dirs_new - 4);
  EXPECT_EQ(second.summary->tree_blobs, 5U);  // the root's, too
  source_.remove("/data/3/4/5/more");
  EXPECT_EQ(take(second).tree, first.tree);
}

TEST_F(TakeoverTest, AttributesAreReadAgainWhereTheChangeTimeDoesNotCoverThem) {
  source_.add_file("/data/file", "content");
  source_.add_symlink("/data/link", "file");
  const Snapshot first = take();
  source_.add_attribute("/data/file", "user.new", "value");
  const Snapshot second = take(first);
  EXPECT_EQ(node_at(second, {"data", "file"}).extended_attributes.size(), 1U);
  EXPECT_EQ(second.summary->files_unmodified, 1U);
  EXPECT_EQ(source_.count(SourceOperation::kOpenFile), 1U);
}

TEST_F(TakeoverTest, AttributesAreNotReadWhereTheChangeTimeCoversThem) {
  source_.let_ctime_cover_attributes();
  source_.add_file("/data/file", "content");
  source_.add_attribute("/data/file", "user.old", "value");
  source_.add_symlink("/data/link", "file");
  const Snapshot first = take();
  const std::size_t calls = attribute_calls("/data/file") + attribute_calls("/data/link");
  const Snapshot second = take(first);
  EXPECT_EQ(second.tree, first.tree);
  EXPECT_EQ(attribute_calls("/data/file") + attribute_calls("/data/link"), calls);

  // Another user may see other attributes; and then there is a reason to look.
  customize_ = [](SnapshotRequest& request) { request.uid = 1000; };
  EXPECT_EQ(take(first).tree, first.tree);
  EXPECT_GT(attribute_calls("/data/file"), calls - 1);
  customize_ = nullptr;
  source_.add_attribute("/data/file", "user.new", "value");
  source_.update("/data/file", [](SourceMetadata& metadata) { ++metadata.ctime.seconds; });
  const Snapshot third = take(first);
  EXPECT_EQ(node_at(third, {"data", "file"}).extended_attributes.size(), 2U);
}

TEST_F(TakeoverTest, AttributesThatCouldNotBeReadAreAskedForAgain) {
  source_.let_ctime_cover_attributes();
  source_.add_file("/data/file", "content");
  source_.fail("/data/file", SourceOperation::kAttributes, EIO);
  const Snapshot first = take();
  EXPECT_EQ(progress_.errors, 1U);
  const Snapshot second = take(first);
  EXPECT_EQ(progress_.errors, 2U);
  source_.fail("/data/file", SourceOperation::kAttributes, 0);
  source_.add_attribute("/data/file", "user.name", "value");
  const Snapshot third = take(second);
  EXPECT_EQ(node_at(third, {"data", "file"}).extended_attributes.size(), 1U);
  const std::size_t calls = attribute_calls("/data/file");
  take(third);
  EXPECT_EQ(attribute_calls("/data/file"), calls);
}

TEST_F(TakeoverTest, AFileThatMayHaveChangedInTheSameTickIsReadAgain) {
  source_.add_file("/data/old", "old");
  source_.add_file("/data/young", "before");
  const Timestamp now = clock_.now();
  source_.update("/data/young", [&](SourceMetadata& metadata) { metadata.ctime = now; });
  const Snapshot first = take();
  source_.add_file("/data/young", "behind");  // as long, and with the same times and inode
  const SourceMetadata was = source_.lstat("/data/young");
  source_.update("/data/young", [&](SourceMetadata& metadata) {
    metadata.ctime = now;
    metadata.inode = node_at(first, {"data", "young"}).inode;
  });
  const Snapshot second = take(first);
  EXPECT_EQ(content_of(node_at(second, {"data", "young"})), "behind") << was.inode;
  EXPECT_EQ(source_.count(SourceOperation::kOpenFile, "/data/old"), 1U);
}

TEST_F(TakeoverTest, WhatAnotherProgramWroteDifferentlyIsTakenOverAllTheSame) {
  source_.add_file("/data/file", "content");
  const Snapshot first = take();
  const Node file = node_at(first, {"data", "file"});
  Node data = node_at(first, {"data"});
  // The file's node with its fields in another order, and in another time zone.
  const std::string time = "\"2001-09-09T03:46:40.123456789+02:00\"";
  data.subtree = store_tree(
      R"({"type":"file","name":"file","mode":420,"mtime":)" + time + R"(,"atime":)" + time +
      R"(,"ctime":)" + time + R"(,"uid":0,"gid":0,"user":"root","group":"root","inode":)" +
      std::to_string(file.inode) + R"(,"device_id":1,"size":7,"links":1,"content":[")" +
      file.content.front().hex() + R"("]})");
  std::string json;
  append_node_json(json, data, TimeZone::local());
  Snapshot other = first;
  other.tree = store_tree(json);
  ASSERT_NE(other.tree, first.tree);

  const Snapshot second = take(other);
  EXPECT_EQ(second.tree, first.tree);
  EXPECT_EQ(second.summary->files_unmodified, 1U);
  EXPECT_EQ(source_.count(SourceOperation::kOpenFile), 1U);
}

TEST_F(TakeoverTest, AFileThatChangesWhileItIsReadIsNoticed) {
  source_.add_file("/data/log", "line\n");
  source_.add_file("/data/still", "line\n");
  source_.observe([this](SourceOperation operation, const std::string& path) {
    if (operation != SourceOperation::kRead || path != "/data/log") return;
    source_.update(path, [](SourceMetadata& metadata) { ++metadata.mtime.seconds; });
  });
  const Snapshot snapshot = take();
  EXPECT_THAT(progress_.notes, ElementsAre(HasSubstr("/data/log: changed while")));
  EXPECT_THAT(progress_.warnings, IsEmpty());
  EXPECT_EQ(progress_.errors, 0U);
  // The node says what the file was before, so that the next run reads it again.
  source_.observe(nullptr);
  EXPECT_LT(node_at(snapshot, {"data", "log"}).mtime, source_.lstat("/data/log").mtime);
  const std::size_t opens = source_.count(SourceOperation::kOpenFile);
  take(snapshot);
  EXPECT_EQ(source_.count(SourceOperation::kOpenFile), opens + 1);
}

}  // namespace
}  // namespace snapfs
