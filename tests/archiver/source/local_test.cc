// What only real files have: depth, pipes, leases, permissions, access times and attributes.
#include "archiver/source/local.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/base/file.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using ::testing::IsEmpty;

class Local : public ::testing::Test {
 protected:
  std::unique_ptr<SourceDir> root() const { return source_.enter(directory_.path()); }

  /// Whether the attribute could be set; false where the file system has none.
  static bool set_attribute(const std::string& path, const char* name, std::string_view value) {
    return ::lsetxattr(path.c_str(), name, value.data(), value.size(), 0) == 0;
  }

  /// What getxattr calls would find, in the order of listxattr.
  static std::vector<SourceAttribute> attributes_by_path(const std::string& path) {
    std::vector<SourceAttribute> attributes;
    std::string names(65536, '\0');
    names.resize(static_cast<std::size_t>(::llistxattr(path.c_str(), names.data(), names.size())));
    for (const char* name = names.c_str(); *name != '\0';
         name += std::string_view(name).size() + 1) {
      Bytes value(65536);
      value.resize(
          static_cast<std::size_t>(::lgetxattr(path.c_str(), name, value.data(), value.size())));
      attributes.push_back({name, value});
    }
    return attributes;
  }

  static std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator("/proc/self/fd")) {
      ++count;
    }
    return count;
  }

  test::TemporaryDirectory directory_;
  LocalSource source_;
};

TEST_F(Local, WalksDeeperThanAnyPathCanSay) {
  const std::string name(200, 'd');
  constexpr int kDepth = 40;  // 8,000 bytes; a path ends at 4,096
  UniqueFd at = open_file(directory_.path(), O_RDONLY | O_DIRECTORY);
  for (int i = 0; i < kDepth; ++i) {
    ASSERT_EQ(::mkdirat(at.get(), name.c_str(), 0755), 0);
    at = UniqueFd(::openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  {
    const UniqueFd file(::openat(at.get(), "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    write_all(file.get(), as_bytes("deep"), "file");
  }
  ASSERT_EQ(::symlinkat("target", at.get(), "link"), 0);

  auto dir = root();
  for (int i = 0; i < kDepth; ++i) dir = dir->open_dir(name);
  EXPECT_EQ(dir->list(), (std::vector<std::string>{"file", "link"}));
  EXPECT_EQ(dir->lstat("file").size, 4U);
  EXPECT_EQ(dir->read_link("link"), "target");
  EXPECT_THAT(dir->attributes("file").failures, IsEmpty());
  Bytes content(10);
  EXPECT_EQ(dir->open_file("file")->read(content), 4U);
}

TEST_F(Local, AHandleStaysWithItsDirectoryWhateverTakesItsName) {
  directory_.write("dir/file", "mine");
  directory_.write("other/file", "theirs!");
  const auto dir = root()->open_dir("dir");
  std::filesystem::rename(directory_ / "dir", directory_ / "moved");
  std::filesystem::create_directory_symlink("other", directory_ / "dir");
  EXPECT_EQ(dir->lstat("file").size, 4U);
  EXPECT_EQ(dir->open_file("file")->metadata().size, 4U);
}

TEST_F(Local, AFifoNeitherHangsNorOpens) {
  ASSERT_EQ(::mkfifo((directory_ / "fifo").c_str(), 0644), 0);
  const auto dir = root();
  EXPECT_TRUE(S_ISFIFO(dir->lstat("fifo").mode));
  try {
    dir->open_file("fifo");
    ADD_FAILURE();
  } catch (const SourceError& error) {
    EXPECT_EQ(error.error_number(), 0);
    EXPECT_FALSE(error.vanished());
  }
  EXPECT_THROW(dir->open_dir("fifo"), SourceError);
}

int leased_fd = -1;
void give_lease_back(int) { ::fcntl(leased_fd, F_SETLEASE, F_UNLCK); }

TEST_F(Local, WaitsUntilALeaseIsGivenBack) {
  const UniqueFd holder = open_file(directory_.write("file", "leased"), O_RDWR);
  leased_fd = holder.get();
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = give_lease_back;
  action.sa_flags = SA_RESTART;
  ASSERT_EQ(::sigaction(SIGIO, &action, &before), 0);
  if (::fcntl(holder.get(), F_SETLEASE, F_WRLCK) != 0) {
    ::sigaction(SIGIO, &before, nullptr);
    GTEST_SKIP() << "the file system gives no leases";
  }
  Bytes content(10);
  EXPECT_EQ(root()->open_file("file")->read(content), 6U);
  ::sigaction(SIGIO, &before, nullptr);
}

TEST_F(Local, AccessTimesStayAsTheyWere) {
  const std::string path = directory_.write("dir/file", "content");
  // Older than a day and than mtime, so that relatime would change it.
  const timespec times[2] = {{1000000000, 0}, {1100000000, 0}};
  for (const std::string& name : {path, directory_ / "dir"}) {
    ASSERT_EQ(::utimensat(AT_FDCWD, name.c_str(), times, 0), 0);
  }
  const auto dir = root()->open_dir("dir");
  dir->list();
  Bytes content(10);
  EXPECT_EQ(dir->open_file("file")->read(content), 7U);
  EXPECT_EQ(dir->lstat("file").atime, (Timestamp{1000000000, 0}));
  EXPECT_EQ(root()->lstat("dir").atime, (Timestamp{1000000000, 0}));
}

TEST_F(Local, FilesOfOthersOpenThoughTheirAccessTimeCannotBeKept) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may keep the access time of every file";
  // Belongs to root on every system, and is readable.
  Bytes content(1);
  EXPECT_EQ(source_.enter("/etc")->open_file("passwd")->read(content), 1U);
}

TEST_F(Local, UnreadableItemsAreDeniedByName) {
  if (::geteuid() == 0) GTEST_SKIP() << "nothing is unreadable for root";
  ::chmod(directory_.write("file", "x").c_str(), 0);
  directory_.write("above/below/file", "x");
  ::chmod((directory_ / "above").c_str(), 0311);
  const auto dir = root();
  try {
    dir->open_file("file");
    ADD_FAILURE();
  } catch (const SourceError& error) {
    EXPECT_EQ(error.code(), ErrorCode::kPermission);
    EXPECT_EQ(error.subject(), directory_ / "file");
  }
  EXPECT_THROW(dir->open_dir("above"), SourceError);
  // Above a target, search permission is enough.
  const auto above = dir->enter("above");
  EXPECT_THROW(above->list(), SourceError);
  EXPECT_EQ(above->open_dir("below")->list(), std::vector<std::string>{"file"});
}

TEST_F(Local, HolesAreFoundAndPassedOver) {
  constexpr off_t kMiB = 1 << 20;
  const std::string path = directory_.write("sparse", "");
  const int fd = ::open(path.c_str(), O_WRONLY);
  ASSERT_EQ(::pwrite(fd, "data", 4, 2 * kMiB), 4);
  ASSERT_EQ(::ftruncate(fd, 5 * kMiB), 0);
  if (::lseek(fd, 0, SEEK_DATA) == 0) GTEST_SKIP() << "the file system keeps no holes";
  ::close(fd);
  const auto file = root()->open_file("sparse");
  EXPECT_EQ(file->hole_at(0), 2 * kMiB);
  EXPECT_EQ(file->hole_at(kMiB), kMiB);
  EXPECT_EQ(file->hole_at(2 * kMiB), 0U);
  EXPECT_EQ(file->hole_at(3 * kMiB), 2 * kMiB);
  EXPECT_EQ(file->hole_at(5 * kMiB), 0U);
  file->seek(2 * kMiB);
  Bytes content(6);
  ASSERT_EQ(file->read(content), 6U);
  EXPECT_EQ(as_text(content), std::string_view("data\0\0", 6));
  directory_.write("full", std::string(kMiB, '\0'));
  EXPECT_EQ(root()->open_file("full")->hole_at(0), 0U);
}

TEST_F(Local, AnOpenFileTellsWhatItIsNow) {
  const std::string path = directory_.write("file", "12345");
  const auto file = root()->open_file("file");
  EXPECT_EQ(file->current_metadata(), file->metadata());
  directory_.write("file", "1234567");
  EXPECT_EQ(file->current_metadata().size, 7U);
  EXPECT_EQ(file->metadata().size, 5U);
}

TEST_F(Local, MetadataIsWhatStatSays) {
  const std::string path = directory_.write("file", "12345");
  ::chmod(path.c_str(), 04751);
  const timespec times[2] = {{-1, 500000000}, {-1000000000, 1}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  struct stat status {};
  ASSERT_EQ(::lstat(path.c_str(), &status), 0);
  const SourceMetadata metadata = root()->lstat("file");
  EXPECT_EQ(metadata.mode, static_cast<std::uint32_t>(S_IFREG | 04751));
  EXPECT_EQ(metadata.size, 5U);
  EXPECT_EQ(metadata.uid, ::geteuid());
  EXPECT_EQ(metadata.gid, status.st_gid);
  EXPECT_EQ(metadata.links, 1U);
  EXPECT_EQ(metadata.inode, status.st_ino);
  EXPECT_EQ(metadata.device_id, status.st_dev);
  EXPECT_EQ(metadata.atime, (Timestamp{-1, 500000000}));
  EXPECT_EQ(metadata.mtime, (Timestamp{-1000000000, 1}));
  EXPECT_EQ(metadata.ctime, Timestamp::from(status.st_ctim));
  EXPECT_EQ(source_.lstat("/dev/null").device, makedev(1, 3));
}

TEST_F(Local, AttributesComeInTheKernelsOrderByEveryWay) {
  const std::string path = directory_.write("dir/file", "x");
  const std::string large(3000, 'v');
  if (!set_attribute(path, "user.zebra", "stripes")) {
    GTEST_SKIP() << "the file system has no user attributes";
  }
  set_attribute(path, "user.empty", "");
  set_attribute(path, "user.ant", std::string_view("a\0b", 3));
  set_attribute(path, "user.large", large);
  set_attribute(directory_ / "dir", "user.of-directory", "d");
  const auto expected = attributes_by_path(path);
  ASSERT_EQ(expected.size(), 4U);
  const auto dir = root()->open_dir("dir");
  EXPECT_EQ(dir->attributes("file").items, expected);
  EXPECT_EQ(dir->open_file("file")->attributes().items, expected);
  const auto of_directory = attributes_by_path(directory_ / "dir");
  ASSERT_EQ(of_directory.size(), 1U);
  EXPECT_EQ(dir->attributes().items, of_directory);
  EXPECT_EQ(root()->enter("dir")->attributes().items, of_directory);
  EXPECT_EQ(root()->attributes("dir").items, of_directory);
}

TEST_F(Local, AListOfManyAttributesIsReadWhole) {
  const std::string path = directory_.write("file", "x");
  const std::string stem = "user." + std::string(100, 'n');
  std::size_t count = 0;
  while (count < 30 && set_attribute(path, (stem + std::to_string(count)).c_str(), "v")) ++count;
  if (count < 11) GTEST_SKIP() << "the file system has no room for a list of more than 1 KiB";
  EXPECT_EQ(root()->attributes("file").items, attributes_by_path(path));
  EXPECT_EQ(root()->attributes("file").items.size(), count);
}

TEST_F(Local, AttributesOfALinkAreNotThoseOfItsTarget) {
  const std::string path = directory_.write("file", "x");
  if (!set_attribute(path, "user.name", "v")) {
    GTEST_SKIP() << "the file system has no user attributes";
  }
  std::filesystem::create_symlink("file", directory_ / "link");
  const SourceAttributes attributes = root()->attributes("link");
  EXPECT_THAT(attributes.items, IsEmpty());
  EXPECT_THAT(attributes.failures, IsEmpty());
}

TEST_F(Local, ADirectoryThatWasRemovedHasVanished) {
  directory_.make_directory("dir");
  const auto dir = root()->open_dir("dir");
  std::filesystem::remove(directory_ / "dir");
  try {
    dir->list();
    ADD_FAILURE();
  } catch (const SourceError& error) {
    EXPECT_TRUE(error.vanished());
  }
}

TEST_F(Local, EveryDescriptorIsClosedAgain) {
  directory_.write("dir/file", "x");
  const std::size_t before = open_descriptors();
  {
    const auto dir = root()->open_dir("dir");
    dir->list();
    root()->list();
    const auto file = dir->open_file("file");
    EXPECT_THROW(dir->open_file("missing"), SourceError);
    EXPECT_EQ(open_descriptors(), before + 2);
  }
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace snapfs
