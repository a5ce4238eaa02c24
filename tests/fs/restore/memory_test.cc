// What a restore takes: memory that does not grow with the snapshot, and one access for each range
// of a pack.
#include <memory>
#include <utility>

#include <gmock/gmock.h>

#include "tests/fs/restore/restore_scene.h"
#include "tests/support/fault_backend.h"
#include "tests/support/heap_meter.h"

namespace snapfs::test {
namespace {

using ::testing::IsEmpty;

class RestoreMemoryTest : public RestoreTest {
 protected:
  /// As many directories with five directories of ten files each.
  Id many_files(int groups) {
    std::vector<Node> nodes;
    for (int group = 0; group < groups; ++group) {
      std::vector<Node> directories;
      for (int i = 0; i < 5; ++i) {
        std::vector<Node> files;
        for (int j = 0; j < 10; ++j) {
          const std::string text = std::to_string((group * 5 + i) * 10 + j);
          files.push_back(file("a file with a name that is not short " + text, {text, "shared"}));
        }
        directories.push_back(directory("directory " + std::to_string(i), std::move(files)));
      }
      nodes.push_back(directory("group " + std::to_string(group), std::move(directories)));
    }
    const Id tree = maker.add_tree(std::move(nodes));
    maker.flush();
    return tree;
  }

  /// The most bytes on the heap while restoring, beyond what was there before.
  std::size_t peak_of(const Id& tree, const std::string& place) {
    HeapMeter::forget_peak();
    const std::size_t before = HeapMeter::live_bytes();
    quiet = std::make_unique<QuietProgress>();
    restore_tree(maker.repository(), tree, scratch / place, options, *quiet, {});
    EXPECT_EQ(quiet->errors, 0U);
    return HeapMeter::peak_bytes() - before;
  }

  /// Keeps nothing.
  class QuietProgress final : public RestoreProgress {
   public:
    void show_item(const RestoredItem&) override {}
    void report_warning(const std::string&, const std::string&) override {}

   private:
    void show_error(const std::string& path, const std::string& message) override {
      ADD_FAILURE() << path << ": " << message;
    }
  };
  std::unique_ptr<QuietProgress> quiet;
};

TEST_F(RestoreMemoryTest, DoesNotGrowWithTheNumberOfFiles) {
  options.plan_bytes = 40'000;
  const std::size_t few = peak_of(many_files(10), "few");
  const std::size_t many = peak_of(many_files(150), "many");
  EXPECT_EQ(quiet->files_restored, 8400U);
  EXPECT_LT(many, few + 7840 * 100) << "was " << few << " for 560 items";
}

TEST_F(RestoreMemoryTest, PlanTakesFewBytesForAFile) {
  const std::size_t peak = peak_of(many_files(20), "target");
  RecordProperty("plan_bytes_a_file", static_cast<int>(quiet->plan_bytes / 1000));
  RecordProperty("heap_bytes_a_file", static_cast<int>(peak / 1000));
  // Two blobs a file, with what growing tables have to spare.
  EXPECT_LT(quiet->plan_bytes / 1000, 650U);
}

TEST_F(RestoreMemoryTest, DoesNotGrowWithTheSizeOfAFile) {
  // 4 GiB of two blobs by turns, one of them zeros.
  const Id zeros = maker.add_data(std::string(8 << 20, '\0'));
  const Id text = maker.add_data(std::string(1000, 'x') + std::string((8 << 20) - 1000, '\0'));
  Node large = file("large", {});
  for (int i = 0; i < 256; ++i) large.content.insert(large.content.end(), {zeros, text});
  large.size = 512 * (std::uint64_t{8} << 20);
  const Id tree = maker.add_tree({large});
  maker.flush();
  options.sparse = true;
  EXPECT_LT(peak_of(tree, "target"), std::size_t{40} << 20);
  EXPECT_EQ(status("large").st_size, static_cast<off_t>(large.size));
  EXPECT_LT(status("large").st_blocks * 512, 2 << 20);
}

TEST(RestoreLoadsTest, EachRangeOfAPackIsReadOnce) {
  using snapfs::test::BackendCall;
  MemoryBackend memory;
  snapfs::test::FaultBackend counting(memory);
  RepositoryMaker maker(counting);
  std::vector<Node> nodes;
  for (int i = 0; i < 500; ++i) {
    const std::string text = std::to_string(i);
    Node node = maker.make_file("file " + text, {text, "in all of them", "also " + text});
    node.uid = ::getuid();
    node.gid = ::getgid();
    nodes.push_back(std::move(node));
  }
  const Id tree = maker.add_tree(std::move(nodes));
  maker.flush();
  snapfs::test::TemporaryDirectory scratch;
  RecordedProgress progress;
  const snapfs::test::CallFilter loads{BackendCall::kLoad, FileKind::kPack};
  const std::size_t before = counting.ended(loads);
  restore_tree(maker.repository(), tree, scratch / "target", {}, progress, {});
  EXPECT_THAT(progress.failures(), IsEmpty());
  EXPECT_EQ(progress.files_restored, 500U);
  // The tree, and everything else at once.
  EXPECT_EQ(counting.ended(loads) - before, 2U);
}

}  // namespace
}  // namespace snapfs::test
