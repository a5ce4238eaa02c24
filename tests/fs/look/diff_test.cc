// What differs between two trees.
#include "fs/look/diff.h"

#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::make_directory;
using test::make_node;
using test::make_symlink;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DiffTest : public ::testing::Test, protected DiffVisitor {
 protected:
  Id tree_of(std::vector<Node> nodes) { return maker_.add_tree(std::move(nodes)); }

  std::vector<std::string> diff(const Id& before, const Id& after,
                                DiffMetadata metadata = DiffMetadata::kIgnored) {
    maker_.flush();
    changes_.clear();
    summary_ = diff_trees(maker_.repository(), before, after, metadata, *this, {});
    return changes_;
  }

  void change(const std::string& path, std::string_view modifiers) override {
    changes_.push_back(std::string(modifiers) + " " + path);
  }
  void unreadable(const std::string& path, const Error&) override {
    changes_.push_back("cannot read " + path);
  }

  MemoryBackend memory_;
  snapfs::test::FaultBackend backend_{memory_};
  test::RepositoryMaker maker_{backend_};
  std::vector<std::string> changes_;
  DiffSummary summary_;
};

TEST_F(DiffTest, TellsWhatWasAddedAndRemovedWithAllBelow) {
  const Id before = tree_of({make_directory("gone", tree_of({make_symlink("link", "x")})),
                             maker_.make_file("stays", {"same"})});
  const Id after = tree_of({maker_.make_file("stays", {"same"}),
                            make_directory("new", tree_of({maker_.make_file("file", {"abc"})}))});
  EXPECT_THAT(diff(before, after),
              ElementsAre("- /gone/", "- /gone/link", "+ /new/", "+ /new/file"));
  EXPECT_EQ(summary_.added.files, 1U);
  EXPECT_EQ(summary_.added.directories, 1U);
  EXPECT_EQ(summary_.added.data_blobs, 1U);
  EXPECT_EQ(summary_.added.tree_blobs, 2U);
  EXPECT_EQ(summary_.removed.others, 1U);
  EXPECT_EQ(summary_.removed.tree_blobs, 2U);
  EXPECT_EQ(summary_.removed.data_blobs, 0U);
}

TEST_F(DiffTest, TellsContentTypeMetadataAndDamageApart) {
  Node written = maker_.make_file("written", {"new"});
  written.mtime.seconds += 1;
  Node touched = maker_.make_file("touched", {"same"});
  touched.mtime.seconds += 1;
  const Id before =
      tree_of({maker_.make_file("damaged", {"sound"}), maker_.make_file("touched", {"same"}),
               maker_.make_file("typed", {"x"}), maker_.make_file("written", {"old"})});
  const Id after =
      tree_of({maker_.make_file("damaged", {"s0und"}), touched,
               make_directory("typed", tree_of({make_symlink("below", "x")})), written});
  EXPECT_THAT(diff(before, after), ElementsAre("M? /damaged", "T /typed/", "M /written"));
  EXPECT_THAT(diff(before, after, DiffMetadata::kTold),
              ElementsAre("M? /damaged", "U /touched", "TU /typed/", "M /written"));
  EXPECT_EQ(summary_.changed_files, 2U);
}

TEST_F(DiffTest, DoesNotCountWhatIsElsewhereInTheOtherTree) {
  const Id shared = tree_of({maker_.make_file("copy", {"content"})});
  const Id before = tree_of({make_directory("shared", shared), maker_.make_file("twin", {"twin"})});
  const Id after =
      tree_of({make_directory("shared", shared), maker_.make_file("twin", {"twin"}),
               maker_.make_file("again", {"content"}), maker_.make_file("more", {"twin"})});
  EXPECT_THAT(diff(before, after), ElementsAre("+ /again", "+ /more"));
  EXPECT_EQ(summary_.added.data_blobs, 0U);
  EXPECT_EQ(summary_.added.tree_blobs, 1U);
}

TEST_F(DiffTest, ReadsEqualDirectoriesOnlyForBlobsAndOnlyOnce) {
  const Id shared = tree_of({maker_.make_file("x", {"shared"})});
  std::vector<Node> nodes;
  for (int i = 0; i < 20; ++i) nodes.push_back(make_directory("d" + std::to_string(i), shared));
  const Id before = tree_of(nodes);
  nodes.push_back(maker_.make_file("new", {"new"}));
  const Id after = tree_of(nodes);
  maker_.flush();
  const snapfs::test::CallFilter loads{snapfs::test::BackendCall::kLoad, FileKind::kPack};
  const std::size_t at_first = backend_.ended(loads);
  EXPECT_THAT(diff(before, after), ElementsAre("+ /new"));
  EXPECT_EQ(backend_.ended(loads) - at_first, 2U);
  const std::size_t later = backend_.ended(loads);
  EXPECT_THAT(diff(before, before), IsEmpty());
  EXPECT_EQ(backend_.ended(loads), later);
}

TEST_F(DiffTest, OrderOfAttributesIsNoDifference) {
  Node one = make_node("file", NodeType::kFile);
  one.extended_attributes = {{"user.a", copy_of(as_bytes("1"))},
                             {"user.b", copy_of(as_bytes("2"))}};
  Node other = one;
  std::swap(other.extended_attributes[0], other.extended_attributes[1]);
  EXPECT_TRUE(is_same_node(one, other));
  other.extended_attributes[0].value.push_back('x');
  EXPECT_FALSE(is_same_node(one, other));
}

TEST_F(DiffTest, GoesOnWhereADirectoryCannotBeRead) {
  const Id missing = Id::parse(std::string(64, '1')).value();
  const Id before = tree_of({make_directory("d", tree_of({}))});
  const Id after = tree_of({make_directory("d", missing), make_symlink("new", "x")});
  EXPECT_THAT(diff(before, after), ElementsAre("cannot read /d/", "+ /new"));
}

TEST_F(DiffTest, CountsNothingWithoutWhatCannotBeReadNow) {
  const Id shared = tree_of({maker_.make_file("copy", {"content"})});
  maker_.flush();  // in a pack of its own
  const Id before = tree_of({make_directory("shared", shared)});
  const Id after =
      tree_of({maker_.make_file("again", {"content"}), make_directory("shared", shared)});
  maker_.flush();
  const auto pack = maker_.repository().index().find_any({BlobType::kTree, shared})->pack;
  std::optional<ErrorCode> trouble;
  backend_.before_each_call([&](snapfs::test::BackendCall, const FileKey& key) {
    if (key.id == pack && trouble) throw Error(*trouble, "not now");
  });
  for (const ErrorCode code : {ErrorCode::kUnavailable, ErrorCode::kIo}) {
    trouble = code;
    EXPECT_TRUE(test::fails_with(code, [&] { diff(before, after); }));
  }
  trouble.reset();
  diff(before, after);
  EXPECT_EQ(summary_.added.data_blobs, 0U);
  // What is lost is another matter: it has nothing that could be counted.
  maker_.damage({BlobType::kTree, shared});
  diff(before, after);
  EXPECT_EQ(summary_.added.data_blobs, 1U);
}

// 2^40 paths, and nothing to tell at any of them.
TEST_F(DiffTest, DoesNotGoAgainThroughWhatItHasNothingToTellOf) {
  Node file = make_node("f", NodeType::kFile);
  Id before = tree_of({file});
  file.mtime.seconds += 1;
  Id after = tree_of({file});
  for (int i = 0; i < 40; ++i) {
    before = tree_of({make_directory("l", before), make_directory("r", before)});
    after = tree_of({make_directory("l", after), make_directory("r", after)});
  }
  EXPECT_THAT(diff(before, after), IsEmpty());
  EXPECT_EQ(summary_.added.tree_blobs, 41U);
}

}  // namespace
}  // namespace snapfs
