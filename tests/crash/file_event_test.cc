// The log of events: what is written into it is read again, and what is cut off is an error.
#include "tests/crash/file_event.h"

#include <sstream>
#include <stdexcept>

#include <gtest/gtest.h>

namespace snapfs::test {
namespace {

TEST(FileEvent, IsReadAsItWasWritten) {
  const FileEvent write{EventKind::kWrite, "/a b", "", 7, std::string("\n\0 1 2", 6)};
  const FileEvent rename{EventKind::kRename, "/a\nb", "/c", 0, ""};
  std::stringstream log;
  write_event(log, write);
  write_event(log, rename);
  const std::vector<FileEvent> read = read_events(log);
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0].kind, write.kind);
  EXPECT_EQ(read[0].path, write.path);
  EXPECT_EQ(read[0].offset, write.offset);
  EXPECT_EQ(read[0].data, write.data);
  EXPECT_EQ(read[1].path, rename.path);
  EXPECT_EQ(read[1].other, rename.other);
}

TEST(FileEvent, ALogThatIsCutOffIsAnError) {
  std::stringstream log;
  write_event(log, {EventKind::kWrite, "/file", "", 0, "content"});
  std::string text = log.str();
  std::istringstream cut(text.substr(0, text.size() - 4));
  EXPECT_THROW(read_events(cut), std::runtime_error);
}

}  // namespace
}  // namespace snapfs::test
