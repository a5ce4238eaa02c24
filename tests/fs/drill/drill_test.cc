#include "fs/drill/drill.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/base/error.h"
#include "tests/support/fails_with.h"
#include "tests/support/repository_maker.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RecordedDrill final : public DrillListener {
 public:
  void item(const std::string& path, DrillOutcome outcome, const std::string& reason) override {
    const std::lock_guard lock(mutex_);
    outcomes_[path] = outcome;
    if (!reason.empty()) reasons_[path] = reason;
  }

  DrillOutcome outcome(const std::string& path) const { return outcomes_.at(path); }
  std::string reason(const std::string& path) const { return reasons_.at(path); }
  std::size_t size() const { return outcomes_.size(); }
  bool has_reasons() const { return !reasons_.empty(); }

 private:
  std::mutex mutex_;
  std::map<std::string, DrillOutcome> outcomes_;
  std::map<std::string, std::string> reasons_;
};

/// The snapshot is made of what is in the directory "source", by the test; the target is "target".
class DrillTest : public ::testing::Test {
 protected:
  /// A file as a snapshot would record it now, but with this content.
  Node recorded_file(const std::string& name, std::string_view recorded) {
    return with_metadata(name, maker_.make_file(name, {recorded}));
  }

  Node with_metadata(const std::string& name, Node node) const {
    struct stat status {};
    EXPECT_EQ(::lstat(source(name).c_str(), &status), 0) << name;
    node.permissions = status.st_mode & 07777;
    node.mtime = Timestamp::from(status.st_mtim);
    node.ctime = Timestamp::from(status.st_ctim);
    node.uid = status.st_uid;
    node.gid = status.st_gid;
    node.inode = status.st_ino;
    return node;
  }

  std::string source(const std::string& name) const { return scratch_ / ("source/" + name); }
  std::string target() const { return scratch_ / "target"; }
  void put(const std::string& name, std::string_view content) const {
    scratch_.write("source/" + name, content);
  }

  /// Drills all of a tree of these nodes, to memory or to the target.
  void drill(std::vector<Node> nodes, bool to_target = false) {
    const Id tree = maker_.add_tree(std::move(nodes));
    maker_.flush();
    for (const BlobHandle& blob : damaged_) maker_.damage(blob);
    const Sample sample = choose_sample(maker_.repository(), tree, {}, {});
    const DrillSource from = {"", {scratch_ / "source"}, start_};
    if (to_target) {
      drill_to_directory(maker_.repository(), tree, sample, target(), from, result_, {});
    } else {
      drill_to_memory(maker_.repository(), sample, from, result_, {});
    }
  }

  MemoryBackend backend_;
  test::RepositoryMaker maker_{backend_};
  test::TemporaryDirectory scratch_;
  Timestamp start_{4'000'000'000, 0};  ///< later than whatever a test does
  std::vector<BlobHandle> damaged_;
  RecordedDrill result_;
};

TEST_F(DrillTest, WhatIsTheSameIsCompared) {
  put("file", "content");
  std::filesystem::create_symlink("file", source("link"));
  drill({recorded_file("file", "content"),
         with_metadata("link", test::make_symlink("link", "file"))});
  EXPECT_EQ(result_.outcome("/file"), DrillOutcome::kCompared);
  EXPECT_EQ(result_.outcome("/link"), DrillOutcome::kCompared);
  EXPECT_EQ(result_.bytes_restored, 7);
  EXPECT_FALSE(result_.has_reasons());
}

TEST_F(DrillTest, ChangedAndGoneSourcesAreNoErrors) {
  put("changed", "content");
  put("gone", "content");
  std::vector<Node> nodes = {recorded_file("changed", "content"), recorded_file("gone", "content")};
  put("changed", "other, and longer");
  std::filesystem::remove(source("gone"));
  drill(std::move(nodes));
  EXPECT_EQ(result_.outcome("/changed"), DrillOutcome::kChanged);
  EXPECT_EQ(result_.outcome("/gone"), DrillOutcome::kGone);
  EXPECT_FALSE(result_.has_reasons());
}

TEST_F(DrillTest, ChangeAfterTheStartOfTheSnapshotIsOneWhateverWasRecorded) {
  put("file", "content");
  start_ = recorded_file("file", "").ctime;
  drill({recorded_file("file", "CONTENT")});
  EXPECT_EQ(result_.outcome("/file"), DrillOutcome::kChanged);
}

TEST_F(DrillTest, OtherContentBehindTheSameTimesIsFound) {
  put("file", "content");
  drill({recorded_file("file", "CONTENT")});
  EXPECT_EQ(result_.outcome("/file"), DrillOutcome::kDifferent);
  EXPECT_THAT(result_.reason("/file"), HasSubstr("its content differs"));
}

TEST_F(DrillTest, OtherMetadataBehindTheSameTimesIsFound) {
  put("file", "content");
  std::filesystem::create_symlink("file", source("link"));
  Node file = recorded_file("file", "content");
  file.permissions ^= 0111;
  drill({file, with_metadata("link", test::make_symlink("link", "elsewhere"))});
  EXPECT_THAT(result_.reason("/file"), HasSubstr("its permissions differs"));
  EXPECT_THAT(result_.reason("/link"), HasSubstr("where it leads"));
}

TEST_F(DrillTest, SizeThatIsNotThatOfTheContentIsFound) {
  put("file", "content");
  Node file = recorded_file("file", "content");
  file.size = 8;
  drill({file});
  EXPECT_EQ(result_.outcome("/file"), DrillOutcome::kDifferent);
}

TEST_F(DrillTest, DamagedFileIsNamedAndTheOthersAreRead) {
  put("bad", "damaged");
  put("good", "content");
  const Node bad = recorded_file("bad", "damaged");
  damaged_ = {{BlobType::kData, bad.content.front()}};
  drill({bad, recorded_file("good", "content")});
  EXPECT_EQ(result_.outcome("/bad"), DrillOutcome::kUnreadable);
  EXPECT_THAT(result_.reason("/bad"), ::testing::Not(IsEmpty()));
  EXPECT_EQ(result_.outcome("/good"), DrillOutcome::kCompared);
}

TEST_F(DrillTest, DirectoryGetsTheSampleAndItIsCompared) {
  put("file", "content");
  put("wrong", "content");
  drill({recorded_file("file", "content"), recorded_file("wrong", "CONTENT")}, true);
  EXPECT_EQ(result_.outcome("/file"), DrillOutcome::kCompared);
  EXPECT_EQ(result_.outcome("/wrong"), DrillOutcome::kDifferent);
  std::ifstream restored(target() + "/file");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(restored), {}), "content");
}

TEST_F(DrillTest, DamagedFileIsNamedInADirectoryToo) {
  put("bad", "damaged");
  put("good", "content");
  const Node bad = recorded_file("bad", "damaged");
  damaged_ = {{BlobType::kData, bad.content.front()}};
  drill({bad, recorded_file("good", "content")}, true);
  EXPECT_EQ(result_.outcome("/bad"), DrillOutcome::kUnreadable);
  EXPECT_EQ(result_.outcome("/good"), DrillOutcome::kCompared);
  EXPECT_EQ(result_.size(), 2);
}

TEST_F(DrillTest, DirectoryWithSomethingInItIsRefused) {
  put("file", "content");
  scratch_.write("target/mine", "mine");
  EXPECT_TRUE(test::fails_with(ErrorCode::kUsage,
                               [&] { drill({recorded_file("file", "content")}, true); }));
  EXPECT_FALSE(std::filesystem::exists(target() + "/file"));
}

}  // namespace
}  // namespace snapfs
