// What every source promises (SourceFs), for the local one on real files and for its twin.

#include <cerrno>
#include <filesystem>
#include <functional>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archiver/source/local.h"
#include "tests/support/memory_source.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Makes the same tree in a source of one kind.
class Maker {
 public:
  virtual ~Maker() = default;
  virtual std::string root() const = 0;
  virtual const SourceFs& source() const = 0;
  virtual void file(const std::string& name, const std::string& content) = 0;
  virtual void directory(const std::string& name) = 0;
  virtual void symlink(const std::string& name, const std::string& target) = 0;
  virtual void hard_link(const std::string& existing, const std::string& name) = 0;
};

class LocalMaker final : public Maker {
 public:
  std::string root() const override { return directory_.path(); }
  const SourceFs& source() const override { return source_; }
  void file(const std::string& name, const std::string& content) override {
    directory_.write(name, content);
  }
  void directory(const std::string& name) override { directory_.make_directory(name); }
  void symlink(const std::string& name, const std::string& target) override {
    std::filesystem::create_symlink(target, directory_ / name);
  }
  void hard_link(const std::string& existing, const std::string& name) override {
    std::filesystem::create_hard_link(directory_ / existing, directory_ / name);
  }

 private:
  test::TemporaryDirectory directory_;
  LocalSource source_;
};

class MemoryMaker final : public Maker {
 public:
  MemoryMaker() { source_.add_directory(root()); }
  std::string root() const override { return "/data"; }
  const SourceFs& source() const override { return source_; }
  void file(const std::string& name, const std::string& content) override {
    source_.add_file(root() + "/" + name, content);
  }
  void directory(const std::string& name) override { source_.add_directory(root() + "/" + name); }
  void symlink(const std::string& name, const std::string& target) override {
    source_.add_symlink(root() + "/" + name, target);
  }
  void hard_link(const std::string& existing, const std::string& name) override {
    source_.add_hard_link(root() + "/" + existing, root() + "/" + name);
  }

 private:
  MemorySource source_;
};

std::string read_all(SourceFile& file, std::size_t step = 1000) {
  std::string content;
  Bytes buffer(step);
  while (const std::size_t count = file.read(buffer)) {
    content += as_text(ByteView(buffer).first(count));
  }
  return content;
}

/// The error number of the SourceError that `call` throws; −1 if it throws none.
int error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const SourceError& error) {
    return error.error_number();
  }
  return -1;
}

using MakeMaker = std::unique_ptr<Maker> (*)();

class Source : public ::testing::TestWithParam<MakeMaker> {
 protected:
  Source() : maker_(GetParam()()) {}

  std::string at(const std::string& name) const { return maker_->root() + "/" + name; }
  const SourceFs& source() const { return maker_->source(); }
  std::unique_ptr<SourceDir> root() const { return source().enter(maker_->root()); }

  std::unique_ptr<Maker> maker_;
};

TEST_P(Source, ListsNamesInByteOrder) {
  for (const char* name : {"b", "a", "B", "\xff", "a.b", "a0", "\xc3\xa4"}) maker_->file(name, "");
  maker_->directory("a-dir");
  const std::vector<std::string> expected{"B", "a", "a-dir", "a.b", "a0", "b", "\xc3\xa4", "\xff"};
  const auto dir = root();
  EXPECT_EQ(dir->list(), expected);
  EXPECT_EQ(dir->list(), expected) << "the second time";
  EXPECT_EQ(source().list(maker_->root()), expected);
  EXPECT_THAT(dir->open_dir("a-dir")->list(), IsEmpty());
}

TEST_P(Source, ListsALargeDirectoryWhole) {
  for (int i = 0; i < 3000; ++i) maker_->file("file-" + std::to_string(i), "");
  EXPECT_EQ(root()->list().size(), 3000U);
}

TEST_P(Source, ReadsAFileFromBeginningToEnd) {
  std::string content(10007, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7);
  maker_->file("dir/file", content);
  maker_->file("dir/empty", "");
  const auto dir = root()->open_dir("dir");
  const auto file = dir->open_file("file");
  EXPECT_TRUE(file->metadata().is_file());
  EXPECT_EQ(file->metadata().size, content.size());
  EXPECT_EQ(file->metadata(), dir->lstat("file"));
  EXPECT_EQ(file->path(), at("dir/file"));
  file->advise_sequential();
  EXPECT_EQ(read_all(*file), content);
  EXPECT_EQ(read_all(*dir->open_file("file"), 1 << 20), content);
  EXPECT_EQ(read_all(*dir->open_file("empty")), "");
}

TEST_P(Source, TellsTypesApartWithoutFollowing) {
  maker_->file("file", "content");
  maker_->directory("dir");
  maker_->symlink("link", "dir");
  const auto dir = root();
  EXPECT_TRUE(dir->metadata().is_directory());
  EXPECT_TRUE(dir->lstat("file").is_file());
  EXPECT_TRUE(dir->lstat("dir").is_directory());
  EXPECT_TRUE(dir->lstat("link").is_symlink());
  EXPECT_EQ(dir->lstat("link"), source().lstat(at("link")));
  EXPECT_EQ(dir->open_dir("dir")->metadata(), dir->lstat("dir"));
}

TEST_P(Source, HardLinksShareAnInode) {
  maker_->file("one", "x");
  maker_->hard_link("one", "two");
  const auto dir = root();
  EXPECT_EQ(dir->lstat("one").inode, dir->lstat("two").inode);
  EXPECT_EQ(dir->lstat("two").links, 2U);
}

TEST_P(Source, ReadsLinkTargetsOfAnyLength) {
  for (const std::size_t length : {1U, 255U, 256U, 257U, 3000U}) {
    const std::string name = "link" + std::to_string(length);
    maker_->symlink(name, std::string(length, 'x'));
    EXPECT_EQ(root()->read_link(name), std::string(length, 'x'));
  }
}

TEST_P(Source, EntersDirectoriesThroughLinksButOpensNoneThroughThem) {
  maker_->file("real/inner/file", "content");
  maker_->symlink("link", "real");
  maker_->symlink("loop", "loop");
  const auto dir = root();
  EXPECT_EQ(read_all(*dir->enter("link")->open_dir("inner")->open_file("file")), "content");
  EXPECT_EQ(dir->enter("link")->metadata(), dir->lstat("real"));
  EXPECT_EQ(read_all(*source().enter(at("link/inner"))->open_file("file")), "content");
  EXPECT_EQ(error_of([&] { dir->open_dir("link"); }), ENOTDIR);
  EXPECT_EQ(source().list(at("link")), std::vector<std::string>{"inner"});
  EXPECT_EQ(error_of([&] { dir->enter("loop"); }), ELOOP);
}

TEST_P(Source, RefusesToOpenWhatIsNoRegularFile) {
  maker_->file("file", "content");
  maker_->directory("dir");
  maker_->symlink("link", "file");
  const auto dir = root();
  EXPECT_EQ(error_of([&] { dir->open_file("link"); }), ELOOP);
  EXPECT_EQ(error_of([&] { dir->open_file("dir"); }), 0);
  EXPECT_EQ(error_of([&] { dir->open_dir("file"); }), ENOTDIR);
  EXPECT_EQ(error_of([&] { dir->enter("file"); }), ENOTDIR);
}

TEST_P(Source, SaysWhatIsMissing) {
  const auto dir = root();
  for (const auto& call : std::vector<std::function<void()>>{
           [&] { dir->lstat("missing"); }, [&] { dir->open_file("missing"); },
           [&] { dir->open_dir("missing"); }, [&] { dir->enter("missing"); },
           [&] { dir->read_link("missing"); }, [&] { source().lstat(at("missing")); },
           [&] { source().list(at("missing")); }, [&] { source().enter(at("missing")); }}) {
    try {
      call();
      ADD_FAILURE() << "no error";
    } catch (const SourceError& error) {
      EXPECT_TRUE(error.vanished());
      EXPECT_EQ(error.code(), ErrorCode::kNotFound);
      EXPECT_EQ(error.subject(), at("missing"));
      EXPECT_THAT(error.what(), ::testing::HasSubstr(at("missing")));
    }
  }
}

TEST_P(Source, AttributesNeverThrow) {
  maker_->file("plain", "");
  const auto dir = root();
  EXPECT_THAT(dir->attributes("plain").failures, IsEmpty());
  const SourceAttributes missing = dir->attributes("missing");
  EXPECT_THAT(missing.items, IsEmpty());
  ASSERT_EQ(missing.failures.size(), 1U);
  EXPECT_TRUE(missing.failures[0].vanished());
}

INSTANTIATE_TEST_SUITE_P(Local, Source, ::testing::Values(+[]() -> std::unique_ptr<Maker> {
                           return std::make_unique<LocalMaker>();
                         }));
INSTANTIATE_TEST_SUITE_P(Memory, Source, ::testing::Values(+[]() -> std::unique_ptr<Maker> {
                           return std::make_unique<MemoryMaker>();
                         }));

}  // namespace
}  // namespace snapfs
