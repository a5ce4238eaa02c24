// Files that are pushed, through the kernel. Skipped where nothing can be mounted.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <future>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fs/base/file.h"
#include "tests/mount/fuse/real_mount.h"

namespace snapfs::test {
namespace {

constexpr int kFiles = 600;

std::uint64_t figure(const std::string& status, const std::string& pattern) {
  std::smatch match;
  return std::regex_search(status, match, std::regex(pattern)) ? std::stoull(match[1].str()) : 0;
}

class RealMountPush : public RealMount {
 protected:
  static std::string content(int i) {
    return std::string(static_cast<std::size_t>(1 + i * 37 % 20'000),
                       static_cast<char>('a' + i % 26));
  }

  std::vector<Node> files() {
    std::vector<Node> nodes;
    for (int i = 0; i < kFiles; ++i) nodes.push_back(maker().make_file(name(i), {content(i)}));
    return nodes;
  }
  static std::string name(int i) { return fmt::format("{:04}", i); }

  std::string read(int i) const {
    const Bytes bytes = read_file(path(name(i)), 1 << 30);
    return std::string(as_text(bytes));
  }
  void read_all() const {
    for (int i = 0; i < kFiles; ++i) EXPECT_EQ(read(i), content(i)) << i;
  }
  std::uint64_t reads() { return figure(status_at_rest(), "  read +([0-9]+),"); }
  std::uint64_t pushed() { return figure(status_at_rest(), "pushed_files: ([0-9]+)"); }
};

TEST_F(RealMountPush, FewReadsAreLeftAndAllBytesAreRight) {
  mount(files());
  EXPECT_EQ(Directory(path("")).rest().size(), kFiles + 2U);
  read_all();
  // How often the reader comes first depends on the machine.
  EXPECT_LT(reads(), kFiles * 3 / 4U);
  EXPECT_GT(pushed(), kFiles / 4U);
  const std::uint64_t first = reads();
  read_all();
  EXPECT_EQ(reads(), first) << "the kernel keeps what was pushed";
  for (int i = 0; i < kFiles; ++i) {
    EXPECT_EQ(stat_of(path(name(i))).st_size, static_cast<off_t>(content(i).size()));
  }
}

TEST_F(RealMountPush, WithoutPushingEachFileIsAskedFor) {
  MountOptions options;
  options.reader.push = false;
  mount(files(), options);
  read_all();
  EXPECT_EQ(reads(), static_cast<std::uint64_t>(kFiles));
  EXPECT_EQ(pushed(), 0U);
}

TEST_F(RealMountPush, DamageIsToldOfAsWithoutPushing) {
  std::vector<Node> nodes = files();
  maker().flush();
  for (int i = 5; i < kFiles; i += 7) maker().damage({BlobType::kData, nodes[i].content[0]});
  mount(std::move(nodes));
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < kFiles; ++i) {
      const UniqueFd file = open_file(path(name(i)), O_RDONLY);
      std::string bytes(30'000, '\0');
      const ssize_t got = ::read(file.get(), bytes.data(), bytes.size());
      if (i % 7 == 5) {
        EXPECT_EQ(got, -1) << i;
        EXPECT_EQ(errno, EIO) << i;
      } else {
        ASSERT_GE(got, 0) << i;
        bytes.resize(static_cast<std::size_t>(got));
        EXPECT_EQ(bytes, content(i));
      }
    }
  }
}

TEST_F(RealMountPush, HolesStayHoles) {
  std::vector<Node> nodes = files();
  const std::string hole(64 << 10, '\0');
  nodes[100] = maker().make_file(name(100), {hole});
  nodes[101] = maker().make_file(name(101), {content(7), std::string(10'000, '\0'), content(8)});
  mount(std::move(nodes));
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(i == 100 || i == 101 || read(i) == content(i)) << i;
  }
  EXPECT_EQ(read(100), hole);
  EXPECT_EQ(read(101), content(7) + std::string(10'000, '\0') + content(8));
  const UniqueFd file = open_file(path(name(100)), O_RDONLY);
  EXPECT_EQ(::lseek(file.get(), 0, SEEK_HOLE), 0);
  EXPECT_EQ(::lseek(file.get(), 0, SEEK_DATA), -1);
  EXPECT_EQ(stat_of(path(name(100))).st_blocks, 0);
}

/// Each store may meet a read of the same file; what waits too long is found by the limit of time.
TEST_F(RealMountPush, ReadersOfAllKindsAtOnceGetTheirBytes) {
  mount(files());
  std::vector<std::future<void>> readers;
  for (int reader = 0; reader < 6; ++reader) {
    readers.push_back(std::async(std::launch::async, [this, reader] {
      for (int i = 0; i < kFiles; ++i) {
        const int index = reader < 3 ? i : reader < 5 ? kFiles - 1 - i : i * 7919 % kFiles;
        EXPECT_EQ(read(index), content(index));
      }
    }));
  }
  for (std::future<void>& reader : readers) {
    ASSERT_EQ(reader.wait_for(std::chrono::minutes(2)), std::future_status::ready);
  }
}

/// SNAPFS_TEST_MOUNTS=1000 for more.
TEST_F(RealMountPush, MountsEndWhileFilesArePushed) {
  const char* const wanted = std::getenv("SNAPFS_TEST_MOUNTS");
  const int mounts = wanted != nullptr ? std::atoi(wanted) : 30;
  for (int i = 0; i < mounts; ++i) {
    MountedRepository mounted;
    std::vector<Node> nodes;
    for (int k = 0; k < 100; ++k) {
      nodes.push_back(mounted.maker().make_file(name(k), {content(k)}));
    }
    mounted.maker().add_snapshot(mounted.maker().add_tree(nodes), kTime);
    mounted.mount();
    const std::string directory = mounted.path("snapshots/" + std::string(kName) + "/");
    std::vector<std::future<void>> readers;
    std::promise<void> begun;
    for (int reader = 0; reader < 2; ++reader) {
      readers.push_back(std::async(std::launch::async, [&, reader] {
        for (int k = 0; k < 100; ++k) {
          const UniqueFd file(::open((directory + name(k)).c_str(), O_RDONLY));
          char byte = 0;
          if (!file || ::read(file.get(), &byte, 1) != 1) return;  // it is over
          if (reader == 0 && k == i % 50) begun.set_value();
        }
      }));
    }
    ASSERT_EQ(begun.get_future().wait_for(std::chrono::minutes(1)), std::future_status::ready);
    if (i % 2 == 0) {
      mounted.server().stop();
    } else {
      ASSERT_TRUE(force_unmount(mounted.path()));  // detaches: readers go on until they close
    }
    const auto end = std::async(std::launch::async, [&] { mounted.join(); });
    ASSERT_EQ(end.wait_for(std::chrono::minutes(1)), std::future_status::ready) << i;
    for (std::future<void>& reader : readers) {
      ASSERT_EQ(reader.wait_for(std::chrono::minutes(1)), std::future_status::ready) << i;
    }
  }
}

}  // namespace
}  // namespace snapfs::test
