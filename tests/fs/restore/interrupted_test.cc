// A restore that ends at any change it makes, by an error, a stop or a kill, is completed by the
// next one.
#include <sys/wait.h>

#include <atomic>
#include <map>

#include <gmock/gmock.h>

#include "fs/base/error.h"
#include "tests/fs/restore/restore_scene.h"
#include "tests/support/fails_with.h"

namespace snapfs::test {
namespace {

using snapfs::test::fails_with;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Does something at the n-th change.
class EndingFs final : public TargetFs {
 public:
  EndingFs(std::size_t nth, std::function<void()> end) : nth_(nth), end_(std::move(end)) {}
  void before_change() override {
    if (++changes_ == nth_) end_();
  }
  std::size_t changes() const { return changes_; }

 private:
  const std::size_t nth_;
  const std::function<void()> end_;
  std::atomic<std::size_t> changes_ = 0;
};

class InterruptedTest : public RestoreTest {
 protected:
  /// Something of everything.
  std::vector<Node> scene() {
    Node secret = file("secret", {"only mine"});
    secret.permissions = 0400;
    secret.extended_attributes = {{"user.note", copy_of(as_bytes("x"))}};
    const Node first = linked(file("first name", {"shared ", "content"}), 5);
    Node second = first;
    second.name = "second name";
    Node program = file("program", {"setuid"});
    program.permissions = 04755;
    Node locked = directory("locked", {file("inside", {"in a directory without permissions"})});
    locked.permissions = 0;
    return {directory("folder", {secret, first, symlink("link", "nowhere"), program,
                                 own(make_node("fifo", NodeType::kFifo))}),
            locked, second, file("changed", {"the same, ", "and new"}), file("empty", {})};
  }

  /// What was there before.
  void prepare() {
    put("changed", "the same, and old, and longer");
    put("second name", "in the way");
  }

  void start_anew() {
    std::filesystem::remove_all(target());
    prepare();
  }

  /// Everything in the target: type, permissions, modification time, content.
  std::map<std::string, std::string> everything() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(target())) {
      const std::string name = entry.path().lexically_relative(target()).string();
      const struct stat now = status(name);
      found[name] = std::to_string(now.st_mode) + " " + std::to_string(now.st_mtim.tv_sec) + " " +
                    std::to_string(now.st_nlink) + " " +
                    (S_ISREG(now.st_mode) ? content(name) : "");
    }
    return found;
  }

  std::map<std::string, std::string> wanted() {
    start_anew();
    restore(scene());
    EXPECT_THAT(progress.failures(), IsEmpty());
    return everything();
  }

  std::size_t count_changes() {
    start_anew();
    EndingFs counting(SIZE_MAX, [] {});
    restore_with(counting, scene());
    return counting.changes();
  }
};

TEST_F(InterruptedTest, StoppedAtEachChange) {
  const auto expected = wanted();
  const std::size_t changes = count_changes();
  ASSERT_GT(changes, 40U);
  for (std::size_t nth = 1; nth <= changes; ++nth) {
    start_anew();
    EndingFs ending(nth, [] { throw cancelled_error(); });
    EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] { restore_with(ending, scene()); })) << nth;
    restore(scene());
    ASSERT_THAT(progress.failures(), IsEmpty()) << nth;
    ASSERT_EQ(everything(), expected) << "stopped at change " << nth;
  }
}

TEST_F(InterruptedTest, KilledAtEachChangeAndResumedWithoutOverwriting) {
  const auto expected = wanted();
  const std::size_t changes = count_changes();
  for (std::size_t nth = 1; nth <= changes; ++nth) {
    start_anew();
    std::filesystem::remove(at("changed"));  // --overwrite never would keep them
    std::filesystem::remove(at("second name"));
    const std::vector<Node> nodes = scene();
    options.overwrite = Overwrite::kNever;
    const pid_t child = ::fork();
    if (child == 0) {
      EndingFs ending(nth, [] { ::_exit(0); });
      restore_with(ending, nodes);
      ::_exit(0);
    }
    int state = 0;
    ASSERT_EQ(::waitpid(child, &state, 0), child);
    ASSERT_TRUE(WIFEXITED(state));
    restore(nodes);
    ASSERT_THAT(progress.failures(), IsEmpty()) << nth;
    std::map<std::string, std::string> found = everything();
    // A link has nothing that could say that it is not complete.
    found["folder/link"] = expected.at("folder/link");
    ASSERT_EQ(link_target("folder/link"), "nowhere");
    ASSERT_EQ(found, expected) << "killed at change " << nth;
  }
}

TEST_F(InterruptedTest, EachChangeThatFailsIsNamedAndTheNextRunMendsIt) {
  const auto expected = wanted();
  const std::size_t changes = count_changes();
  for (std::size_t nth = 1; nth <= changes; ++nth) {
    start_anew();
    EndingFs failing(nth, [] { fail_with_errno(EIO, "write the file"); });
    const std::uint64_t before = progress.errors;
    restore_with(failing, scene());
    // Whether a file can be written in place is only asked: it is replaced when it cannot.
    EXPECT_LE(progress.errors, before + 2) << nth;
    restore(scene());
    ASSERT_EQ(everything(), expected) << "failed at change " << nth;
  }
}

TEST_F(InterruptedTest, OnlyWhatIsMissingIsFetchedAgain) {
  std::vector<Node> nodes;
  for (int i = 0; i < 20; ++i) {
    nodes.push_back(file("f" + std::to_string(i), {"content " + std::to_string(i)}));
  }
  EndingFs counting(SIZE_MAX, [] {});
  restore_with(counting, nodes);
  std::filesystem::remove_all(target());
  progress.files_restored = 0;
  EndingFs ending(counting.changes() / 2, [] { throw cancelled_error(); });
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] { restore_with(ending, nodes); }));
  const std::uint64_t first = progress.files_restored;
  ASSERT_GT(first, 0U);
  ASSERT_LT(first, 20U);
  RecordedProgress again;
  const Id tree = maker.add_tree(nodes);
  maker.flush();
  restore_tree(maker.repository(), tree, target(), options, again, {});
  // One file may have been complete but for being counted.
  EXPECT_GE(again.files_skipped, first);
  EXPECT_LE(again.files_skipped, first + 1);
  EXPECT_EQ(again.files_restored, 20 - again.files_skipped);
}

TEST_F(InterruptedTest, StopIsNoticedOnTheWayUpFromADeepDirectory) {
  const auto deep = [&] {
    Node node = file("end", {"bottom"});
    for (int i = 0; i < 60; ++i) node = directory("directory", {node});
    return std::vector<Node>{node};
  };
  EndingFs counting(SIZE_MAX, [] {});
  restore_with(counting, deep());
  start_anew();
  StopSource stop;
  const std::size_t nth = counting.changes() - 30;  // the last ones finish one directory each
  EndingFs ending(nth, [&] { stop.request_stop(); });
  EXPECT_TRUE(
      fails_with(ErrorCode::kCancelled, [&] { restore_with(ending, deep(), stop.get_token()); }));
  EXPECT_LE(ending.changes(), nth + 5);
}

TEST_F(InterruptedTest, StopIsNoticedBeforeAnythingIsDone) {
  StopSource stop;
  stop.request_stop();
  EXPECT_TRUE(
      fails_with(ErrorCode::kCancelled, [&] { restore({file("file", {"x"})}, stop.get_token()); }));
  EXPECT_FALSE(exists("file"));
}

}  // namespace
}  // namespace snapfs::test
