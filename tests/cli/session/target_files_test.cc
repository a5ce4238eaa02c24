// Targets that are listed in files.
#include "cli/session/target_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/option/target_file_options.h"
#include "tests/support/fails_with.h"
#include "tests/support/memory_source.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::string_view_literals;

class TargetFilesTest : public ::testing::Test {
 protected:
  TargetFilesTest() {
    for (const char* path : {"/a", "/b", "/#c"}) source_.add_file(path, "");
  }

  std::vector<std::string> collect(const TargetFiles& files,
                                   const std::vector<std::string>& arguments = {}) {
    return collect_targets(files, arguments, source_, false);
  }

  std::string file(const std::string& text) {
    return directory_.write("list" + std::to_string(++files_), text);
  }

  MemorySource source_;
  test::TemporaryDirectory directory_;
  int files_ = 0;
};

TEST_F(TargetFilesTest, PatternsVerbatimRawArgumentsInThisOrder) {
  const TargetFiles files{.patterns = {file("# all\n\n  [ab]  \r\n"), file("[#]*")},
                          .verbatim = {file(" x \n\n#y\r\n*")},
                          .raw = {file(std::string("new\nline\0#z\0"sv))}};
  EXPECT_THAT(collect(files, {"last"}),
              ElementsAre("a", "b", "#c", " x ", "#y", "*", "new\nline", "#z", "last"));
}

TEST_F(TargetFilesTest, SomethingHasToBeNamed) {
  const auto nothing = [&](const TargetFiles& files) {
    return test::fails_with(ErrorCode::kUsage, "--files-from", [&] { collect(files); });
  };
  EXPECT_TRUE(nothing({}));
  EXPECT_TRUE(nothing({.patterns = {file("none*\n")}, .verbatim = {}, .raw = {}}));
  EXPECT_TRUE(nothing({.patterns = {}, .verbatim = {file("\n\n")}, .raw = {file("")}}));
  EXPECT_TRUE(nothing({.patterns = {""}, .verbatim = {""}, .raw = {}}));
}

TEST_F(TargetFilesTest, AFileThatIsNotThereIsAnError) {
  for (const TargetFiles& files :
       {TargetFiles{{directory_ / "no"}, {}, {}}, TargetFiles{{}, {directory_ / "no"}, {}},
        TargetFiles{{}, {}, {directory_ / "no"}}, TargetFiles{{}, {}, {""}}}) {
    EXPECT_THROW(collect(files, {"a"}), Error);
  }
}

TEST_F(TargetFilesTest, RawNamesAreEndedAndNotEmpty) {
  EXPECT_THAT(split_raw_names("a\0b\0"sv, "f"), ElementsAre("a", "b"));
  EXPECT_THAT(split_raw_names("", "f"), IsEmpty());
  for (const std::string_view text : {"a"sv, "a\0b"sv, "\0"sv, "a\0\0"sv, "a\0\0b\0"sv}) {
    EXPECT_TRUE(test::fails_with(ErrorCode::kUsage, "--files-from-raw f",
                                 [&] { split_raw_names(text, "f"); }));
  }
}

}  // namespace
}  // namespace snapfs
