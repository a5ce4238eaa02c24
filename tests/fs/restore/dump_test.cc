// Directories as archives, read back with what writes them elsewhere.
#include "fs/restore/dump.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/base/error.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::make_directory;
using test::make_node;
using test::make_symlink;
using ::testing::ElementsAre;

/// An entry as libarchive reads it.
struct Member {
  std::string path;
  mode_t mode = 0;
  std::int64_t size = 0;
  long nanoseconds = 0;
  std::string link;
  std::string attribute;
  std::string content;
};

std::vector<Member> read_archive(const std::string& bytes) {
  const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
  archive_read_support_format_all(reader.get());
  EXPECT_EQ(archive_read_open_memory(reader.get(), bytes.data(), bytes.size()), ARCHIVE_OK);
  std::vector<Member> members;
  archive_entry* entry = nullptr;
  while (archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK) {
    Member& member = members.emplace_back();
    member.path = archive_entry_pathname(entry);
    member.mode = archive_entry_mode(entry);
    member.size = archive_entry_size(entry);
    member.nanoseconds = archive_entry_mtime_nsec(entry);
    if (const char* const link = archive_entry_symlink(entry)) member.link = link;
    if (const char* const link = archive_entry_hardlink(entry)) member.link = link;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    archive_entry_xattr_reset(entry);
    if (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
      member.attribute =
          std::string(name) + "=" + std::string(static_cast<const char*>(value), size);
    }
    member.content.resize(static_cast<std::size_t>(member.size));
    archive_read_data(reader.get(), member.content.data(), member.content.size());
  }
  return members;
}

class DumpTest : public ::testing::Test {
 protected:
  std::vector<Member> dump(const DumpedDirectory& directory, ArchiveFormat format) {
    maker_.flush();
    std::string bytes;
    dump_directory(
        maker_.repository(), directory, format, [&](ByteView more) { bytes += as_text(more); },
        [this](std::string_view path, std::string_view, bool expected) {
          left_out_.emplace_back(path);
          errors_ += expected ? 0 : 1;
        },
        {});
    return read_archive(bytes);
  }

  MemoryBackend memory_;
  test::RepositoryMaker maker_{memory_};
  std::vector<std::string> left_out_;
  int errors_ = 0;
};

TEST_F(DumpTest, TarHoldsEverything) {
  Node file = maker_.make_file("file", {"some ", "content"});
  file.extended_attributes = {{"user.a", copy_of(as_bytes(std::string_view("\0x", 2)))}};
  Node first = maker_.make_file("first", {"linked"});
  first.links = 2;
  first.inode = 7;
  Node second = first;
  second.name = "second";
  const Id below =
      maker_.add_tree({file, first, second, make_symlink("to", "file"),
                       make_node("pipe", NodeType::kFifo), make_node("socket", NodeType::kSocket)});
  Node directory = make_directory("d", below);
  const auto members = dump({below, "a/d", directory}, ArchiveFormat::kTar);
  ASSERT_EQ(members.size(), 6U);
  EXPECT_EQ(members[0].path, "a/d/");
  EXPECT_EQ(members[1].path, "a/d/file");
  EXPECT_EQ(members[1].content, "some content");
  EXPECT_EQ(members[1].nanoseconds, 123456789);
  EXPECT_EQ(members[1].attribute, std::string("user.a=\0x", 9));
  EXPECT_EQ(members[2].content, "linked");
  EXPECT_EQ(S_IFMT & members[3].mode, static_cast<mode_t>(S_IFIFO));
  EXPECT_EQ(members[4].path, "a/d/second");
  EXPECT_EQ(members[4].link, "a/d/first");
  EXPECT_EQ(members[5].link, "file");
  EXPECT_THAT(left_out_, ElementsAre("/socket"));
}

TEST_F(DumpTest, TarHoldsNamesOfAnyLength) {
  const std::string name(3000, 'n');
  const Id root = maker_.add_tree({maker_.make_file(name, {"content"})});
  const auto members = dump({root, "", std::nullopt}, ArchiveFormat::kTar);
  ASSERT_EQ(members.size(), 1U);
  EXPECT_EQ(members[0].path, name);
}

TEST_F(DumpTest, TextWithAZeroByteIsNeverCut) {
  Node file = maker_.make_file("file", {"content"});
  file.extended_attributes = {{std::string("user.a\0b", 8), {1}}};
  file.user = std::string("root\0", 5);
  const Id root = maker_.add_tree({file, make_symlink("to", std::string("/etc\0/passwd", 12))});
  const auto members = dump({root, "", std::nullopt}, ArchiveFormat::kTar);
  ASSERT_EQ(members.size(), 1U);
  EXPECT_EQ(members[0].content, "content");
  EXPECT_EQ(members[0].attribute, "");
  EXPECT_THAT(left_out_, ElementsAre("/file", "/to"));
  EXPECT_EQ(errors_, 2);
}

TEST_F(DumpTest, ZipNamesWhatItLeavesOut) {
  const Id root = maker_.add_tree({maker_.make_file("file", {"content"}),
                                   make_symlink("to", "file"), make_node("pipe", NodeType::kFifo)});
  const auto members = dump({root, "", std::nullopt}, ArchiveFormat::kZip);
  ASSERT_EQ(members.size(), 2U);
  EXPECT_EQ(members[0].path, "file");
  EXPECT_EQ(members[1].link, "file");
  EXPECT_THAT(left_out_, ElementsAre("/pipe"));
}

TEST_F(DumpTest, SizesAreThoseOfTheContent) {
  Node file = maker_.make_file("file", {"content"});
  file.size = 3;
  const auto members = dump({maker_.add_tree({file}), "", std::nullopt}, ArchiveFormat::kTar);
  ASSERT_EQ(members.size(), 1U);
  EXPECT_EQ(members[0].content, "content");
}

TEST_F(DumpTest, AFailingSinkIsNoCompleteArchive) {
  const Id root = maker_.add_tree({maker_.make_file("file", {"content"})});
  maker_.flush();
  const auto sink = [](ByteView) { throw Error(ErrorCode::kNoSpace, "full"); };
  try {
    dump_directory(maker_.repository(), {root, "", std::nullopt}, ArchiveFormat::kTar, sink,
                   [](std::string_view, std::string_view, bool) {}, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNoSpace);
  }
}

}  // namespace
}  // namespace snapfs
