// Memory runs out for one item, or for one allocation after the other: what can be restored is,
// what cannot be is named, and nothing is called damaged.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/fs/restore/restore_scene.h"
#include "tests/support/failing_allocations.h"

namespace snapfs::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

MATCHER_P(OfMemory, item, "") {
  return arg.starts_with(item) && arg.find("memory") != std::string::npos &&
         arg.find("damage") == std::string::npos && arg.find("intact") == std::string::npos;
}

class RestoreOutOfMemory : public RestoreTest {
 protected:
  void restore_in_little_memory(const Id& tree) {
    // Nothing of a plan is as large as this.
    FailingAllocations::fail_above(std::size_t{1} << 20);
    try {
      restore_tree(maker.repository(), tree, target(), fs, options, progress, {});
    } catch (...) {
      FailingAllocations::end();
      FAIL() << current_error().what();
    }
    FailingAllocations::end();
  }

  /// By path, with what files hold.
  static std::map<std::string, std::string> content_of(const std::string& place) {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(place)) {
      std::string& content = all[entry.path().string().substr(place.size())];
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      content = {std::istreambuf_iterator<char>(in), {}};
    }
    return all;
  }
};

TEST_F(RestoreOutOfMemory, OneLargeBlobIsOneFilesError) {
  const std::string large(std::size_t{4} << 20, 'x');
  const Id tree = maker.add_tree({file("a", {"first"}), file("large", {"begins", large}),
                                  directory("z", {file("last", {"after it"})})});
  maker.flush();
  restore_in_little_memory(tree);
  EXPECT_THAT(progress.failures(), ElementsAre(OfMemory("/large")));
  EXPECT_EQ(content("a"), "first");
  EXPECT_EQ(content("z/last"), "after it");
  // What is there of it is gone on with.
  restore_tree(maker.repository(), tree, target(), fs, options, progress, {});
  EXPECT_EQ(content("large"), "begins" + large);
}

TEST_F(RestoreOutOfMemory, OneLargeDirectoryIsItsOwnError) {
  std::vector<Node> many;
  for (int i = 0; i < 20'000; ++i) many.push_back(symlink("link " + std::to_string(i), "nowhere"));
  Node large = directory("large", std::move(many));
  large.permissions = 0711;
  const Id tree = maker.add_tree(
      {file("a", {"first"}), std::move(large), directory("z", {file("last", {"after it"})})});
  maker.flush();
  restore_in_little_memory(tree);
  EXPECT_THAT(progress.failures(), ElementsAre(OfMemory("/large")));
  EXPECT_EQ(content("a"), "first");
  EXPECT_EQ(content("z/last"), "after it");
  EXPECT_EQ(status("large").st_mode & 07777, 0711U);
}

TEST_F(RestoreOutOfMemory, EachAllocationMayFailOnce) {
  const Node one = linked(file("one", {"some", "content"}), 7);
  const Node two = linked(file("two", {"some", "content"}), 7);
  const Id tree = maker.add_tree(
      {file("a file with a long name to be kept on the heap", {"some", "thing", "some"}),
       directory("a directory with a long name to be kept on the heap",
                 {one, file("empty", {}), two, symlink("link", "a target that is not short")}),
       file("z", {"the last"})});
  maker.flush();
  options.verify = true;
  options.remove_unexpected = true;
  restore_tree(maker.repository(), tree, target(), fs, options, progress, {});
  const std::map<std::string, std::string> expected = content_of(target());
  EXPECT_EQ(expected.size(), 7U);
  bool failed = true;
  for (long n = 0; failed; n += 1 + n / 50) {
    const std::string place = scratch / std::to_string(n);
    std::filesystem::create_directory(place);
    scratch.write(std::to_string(n) + "/z", "the old one");
    scratch.write(std::to_string(n) + "/not in the snapshot", "x");
    const std::unique_ptr<Repository> repository = maker.open();
    repository->load_index({});
    RecordedProgress seen;
    std::optional<Error> ended;
    FailingAllocations::fail_after(n);
    try {
      restore_tree(*repository, tree, place, fs, options, seen, {});
    } catch (...) {
      FailingAllocations::end();
      ended = current_error();
    }
    failed = FailingAllocations::end() < 0;
    if (ended) {
      EXPECT_EQ(ended->code(), ErrorCode::kOutOfResources) << n << ": " << ended->what();
    }
    for (const std::string& failure : seen.failures()) {
      EXPECT_THAT(failure, OfMemory("/")) << n;
    }
    RecordedProgress again;
    restore_tree(maker.repository(), tree, place, fs, options, again, {});
    EXPECT_THAT(again.failures(), IsEmpty()) << n;
    EXPECT_EQ(content_of(place), expected) << n;
    std::filesystem::remove_all(place);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace snapfs::test
