// What only the source in memory has: injected failures, counts, and an observer.
#include "tests/support/memory_source.h"

#include <cerrno>
#include <functional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapfs {
namespace {

TEST(MemorySource, FailsWhereItIsTold) {
  MemorySource source;
  source.add_file("/dir/file", "content");
  source.add_symlink("/dir/link", "x");
  source.fail("/dir/file", SourceOperation::kLstat, EIO);
  source.fail("/dir/file", SourceOperation::kOpenFile, EACCES);
  source.fail("/dir/link", SourceOperation::kReadLink, EIO);
  source.fail("/dir/link", SourceOperation::kAttributes, EPERM);
  const auto dir = source.enter("/")->open_dir("dir");
  source.fail("/dir", SourceOperation::kOpenDir, ELOOP);
  source.fail("/dir", SourceOperation::kList, ESTALE);
  const std::pair<std::function<void()>, int> cases[] = {
      {[&] { dir->lstat("file"); }, EIO},     {[&] { dir->open_file("file"); }, EACCES},
      {[&] { dir->read_link("link"); }, EIO}, {[&] { source.enter("/")->open_dir("dir"); }, ELOOP},
      {[&] { dir->list(); }, ESTALE},
  };
  for (const auto& [call, error_number] : cases) {
    try {
      call();
      ADD_FAILURE() << error_number;
    } catch (const SourceError& error) {
      EXPECT_EQ(error.error_number(), error_number);
    }
  }
  ASSERT_EQ(dir->attributes("link").failures.size(), 1U);
  EXPECT_EQ(dir->attributes("link").failures[0].error_number(), EPERM);
  EXPECT_TRUE(dir->lstat("link").is_symlink());
}

TEST(SourceError, IsNotMadeOfTroubleThatIsOurs) {
  EXPECT_EQ(source_error(EIO, "open", "/x").error_number(), EIO);
  for (const int error_number : {EMFILE, ENFILE, ENOMEM}) {
    try {
      static_cast<void>(source_error(error_number, "open", "/x"));
      ADD_FAILURE() << error_number;
    } catch (const SourceError&) {
      ADD_FAILURE() << "the source is blamed for " << error_number;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kOutOfResources);
    }
  }
}

TEST(MemorySource, FailsInTheMiddleOfAFile) {
  MemorySource source;
  source.add_file("/file", "0123456789");
  source.fail("/file", SourceOperation::kRead, EIO, 6);
  const auto file = source.enter("/")->open_file("file");
  Bytes buffer(4);
  EXPECT_EQ(file->read(buffer), 4U);
  EXPECT_THROW(file->read(buffer), SourceError) << "two bytes would mean that the file ends there";
}

TEST(MemorySource, GeneratesContentWhereItIsRead) {
  MemorySource source;
  source.add_generated_file("/file", 10, [](std::uint64_t offset, MutByteView out) {
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(offset++);
  });
  const auto file = source.enter("/")->open_file("file");
  EXPECT_EQ(file->metadata().size, 10U);
  Bytes buffer(8);
  EXPECT_EQ(file->read(buffer), 8U);
  EXPECT_EQ(buffer[7], 7);
  EXPECT_EQ(file->read(buffer), 2U);
  EXPECT_EQ(buffer[1], 9);
  EXPECT_EQ(file->read(buffer), 0U);
}

TEST(MemorySource, CountsWhatWasAskedFor) {
  MemorySource source("/home");
  source.add_file("a", "");
  source.add_file("b", "");
  const auto dir = source.enter(".");
  dir->open_file("a");
  dir->open_file("a");
  dir->open_file("b");
  EXPECT_THROW(dir->open_file("missing"), SourceError);
  EXPECT_EQ(source.count(SourceOperation::kOpenFile), 4U);
  EXPECT_EQ(source.count(SourceOperation::kOpenFile, "/home/a"), 2U);
  EXPECT_EQ(source.count(SourceOperation::kOpenFile, "a"), 2U);
  EXPECT_EQ(source.count(SourceOperation::kLstat), 0U);
}

TEST(MemorySource, TheObserverMayChangeTheSource) {
  MemorySource source;
  source.add_file("/file", "x");
  source.observe([&](SourceOperation operation, const std::string& path) {
    if (operation == SourceOperation::kOpenFile && path == "/file") source.remove("/file");
  });
  const auto dir = source.enter("/");
  EXPECT_TRUE(dir->lstat("file").is_file());
  try {
    dir->open_file("file");
    ADD_FAILURE();
  } catch (const SourceError& error) {
    EXPECT_TRUE(error.vanished());
  }
}

TEST(MemorySource, HandlesOutliveWhatTheyStandFor) {
  auto source = std::make_unique<MemorySource>();
  source->add_file("/dir/file", "content");
  const auto dir = source->enter("/dir");
  const auto file = dir->open_file("file");
  source->remove("/dir");
  source.reset();
  Bytes buffer(10);
  EXPECT_EQ(file->read(buffer), 7U);
  EXPECT_EQ(dir->list(), std::vector<std::string>{"file"});
}

TEST(MemorySource, MetadataAndAttributesAreAsSet) {
  MemorySource source;
  source.add_special("/null", S_IFCHR | 0666, 259);
  source.add_attribute("/null", "user.b", "1");
  source.add_attribute("/null", "user.a", "2");
  source.update("/null", [](SourceMetadata& metadata) { metadata.uid = 7; });
  const auto dir = source.enter("/");
  EXPECT_EQ(dir->lstat("null").device, 259U);
  EXPECT_EQ(dir->lstat("null").uid, 7U);
  const auto attributes = dir->attributes("null");
  ASSERT_EQ(attributes.items.size(), 2U);
  EXPECT_EQ(attributes.items[0].name, "user.b") << "in the order they were added";
}

}  // namespace
}  // namespace snapfs
