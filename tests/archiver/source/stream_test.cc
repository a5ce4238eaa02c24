// A stream as the only file of a source.
#include "archiver/source/stream.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/base/file.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;
using ::testing::ElementsAre;

constexpr Timestamp kTime{1'700'000'000, 42};

struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno(errno, "make", "a pipe");
    reading = UniqueFd(ends[0]);
    writing = UniqueFd(ends[1]);
  }

  UniqueFd reading;
  UniqueFd writing;
};

class StreamTest : public ::testing::Test {
 protected:
  std::unique_ptr<SourceFs> source(const std::string& path) {
    return make_stream_source(path, "the stream", kTime, [this] {
      return make_descriptor_stream(pipe_.reading.get(), "the stream", stop_.get_token());
    });
  }

  void write(std::string_view text) { write_all(pipe_.writing.get(), as_bytes(text), "pipe"); }

  Pipe pipe_;
  StopSource stop_;
};

TEST_F(StreamTest, FileIsOfNobodyByName) {
  const SourceMetadata file = source("/stdin")->lstat("/stdin");
  EXPECT_EQ(file.mode, S_IFREG | 0644U);
  EXPECT_EQ(file.uid, ::getuid());
  EXPECT_EQ(file.gid, ::getgid());
  EXPECT_TRUE(file.synthetic);
  EXPECT_EQ(file.mtime, kTime);
  EXPECT_EQ(file.ctime, kTime);
  EXPECT_EQ(file.inode, 0U);
  EXPECT_EQ(file.links, 0U);
}

TEST_F(StreamTest, DirectoriesAboveHoldNothingElse) {
  const auto root = source("/a/b/c")->enter("/");
  EXPECT_THAT(root->list(), ElementsAre("a"));
  const auto directory = root->enter("a")->enter("b");
  EXPECT_THAT(directory->list(), ElementsAre("c"));
  EXPECT_EQ(directory->path(), "/a/b");
  EXPECT_EQ(directory->metadata().mode, S_IFDIR | 0755U);
  EXPECT_EQ(directory->metadata().mtime, kTime);
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { root->enter("etc"); }));
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { (void)directory->lstat("d"); }));
}

TEST_F(StreamTest, ReadFillsTheBufferThoughThePipeGivesLess) {
  const auto file = source("/stdin")->enter("/")->open_file("stdin");
  write("one ");
  std::thread later([this] {
    write("two ");
    write("three");
    pipe_.writing.reset();
  });
  Bytes buffer(10);
  EXPECT_EQ(file->read(buffer), 10U);
  EXPECT_EQ(as_text(buffer), "one two th");
  EXPECT_EQ(file->read(buffer), 3U);
  EXPECT_EQ(file->read(buffer), 0U);
  later.join();
}

TEST_F(StreamTest, EmptyStreamIsAnError) {
  pipe_.writing.reset();
  const auto file = source("/stdin")->enter("/")->open_file("stdin");
  Bytes buffer(10);
  EXPECT_TRUE(fails_with(ErrorCode::kIo, "the stream is empty", [&] { file->read(buffer); }));
}

TEST_F(StreamTest, UnreadableStreamIsAnErrorOfTheRun) {
  const UniqueFd directory = open_file("/", O_RDONLY);
  const auto stream = make_descriptor_stream(directory.get(), "the stream", {});
  Bytes buffer(10);
  try {
    stream->read(buffer);
    FAIL() << "a directory was read";
  } catch (const SourceError&) {
    FAIL() << "left out with a warning, nothing would remain";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("the stream"));
  }
}

TEST_F(StreamTest, StopEndsTheWaitForData) {
  const auto file = source("/stdin")->enter("/")->open_file("stdin");
  write("some");
  std::thread stopper([this] { stop_.request_stop(); });
  Bytes buffer(10);
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] { file->read(buffer); }));
  stopper.join();
}

TEST_F(StreamTest, IsOpenedOnce) {
  const auto root = source("/stdin")->enter("/");
  const auto file = root->open_file("stdin");
  EXPECT_TRUE(fails_with(ErrorCode::kInternal, [&] { root->open_file("stdin"); }));
}

}  // namespace
}  // namespace snapfs
