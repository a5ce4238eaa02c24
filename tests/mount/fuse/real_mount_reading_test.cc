// Reading through the kernel. Skipped where nothing can be mounted.
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/base/file.h"
#include "tests/mount/fuse/real_mount.h"

namespace snapfs::test {
namespace {

std::string read_whole(const std::string& path) {
  const Bytes bytes = read_file(path, 1 << 30);
  return std::string(as_text(bytes));
}

TEST_F(RealMount, ManyThreadsReadTheSameBytes) {
  // Blob edges at odd offsets; more bytes than the cache may hold, so blobs are loaded again.
  Node file = make_node("f", NodeType::kFile);
  std::string content;
  for (int i = 0; i < 40; ++i) {
    std::string chunk;
    while (chunk.size() < 50'001U + static_cast<unsigned>(i)) {
      chunk += std::to_string(i * 1'000'003 + static_cast<int>(chunk.size())) + "\n";
    }
    file.content.push_back(maker().add_data(chunk));
    content += chunk;
  }
  file.size = content.size();
  MountOptions options;
  options.reader.blob_cache_bytes = 200'000;
  mount({file}, options);

  std::vector<std::string> failures(4);
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < failures.size(); ++t) {
      threads.emplace_back([&, t] {
        // Some past the page cache, some through it.
        const int flags = O_RDONLY | (t % 2 == 0 ? O_DIRECT : 0);
        const UniqueFd fd = open_file(path("f"), flags);
        const std::unique_ptr<char, decltype(&std::free)> buffer(
            static_cast<char*>(std::aligned_alloc(kPage, 32 * kPage)), &std::free);
        for (std::size_t i = 0; i < 60; ++i) {
          const std::size_t offset = (i * 37 + t * 11) % (content.size() / kPage) * kPage;
          const ssize_t got =
              ::pread(fd.get(), buffer.get(), 32 * kPage, static_cast<off_t>(offset));
          const std::string expected = content.substr(offset, 32 * kPage);
          if (got < 0 ||
              std::string_view(buffer.get(), static_cast<std::size_t>(got)) != expected) {
            failures[t] = "at " + std::to_string(offset);
          }
        }
      });
    }
  }
  EXPECT_THAT(failures, ::testing::Each(""));
  EXPECT_EQ(read_whole(path("f")), content);
}

TEST_F(RealMount, ReadOfManyTinyBlobsIsAnswered) {
  // More pieces than one writev may have.
  Node file = make_node("f", NodeType::kFile);
  std::string content;
  for (int i = 0; i < 3000; ++i) {
    const std::string chunk = std::to_string(i);
    file.content.push_back(maker().add_data(chunk));
    content += chunk;
  }
  file.size = content.size();
  mount({file});
  EXPECT_EQ(read_whole(path("f")), content);
}

TEST_F(RealMount, DamageIsEioForItsPagesOnly) {
  const std::string first(2 * kPage, 'a');
  const std::string second(2 * kPage, 'b');
  const std::string third(2 * kPage, 'c');
  const Node file = maker().make_file("f", {first, second, third});
  maker().flush();
  maker().damage({BlobType::kData, file.content[1]});
  mount({file});
  const UniqueFd fd = open_file(path("f"), O_RDONLY);
  std::string page(kPage, '\0');
  const auto read_page = [&](std::size_t index) {
    return ::pread(fd.get(), page.data(), kPage, static_cast<off_t>(index * kPage));
  };
  for (const std::size_t index : {2U, 0U, 3U, 1U, 4U, 5U}) {
    if (index == 2 || index == 3) {
      EXPECT_EQ(error_of([&] { return read_page(index); }), EIO) << index;
    } else {
      EXPECT_EQ(read_page(index), static_cast<ssize_t>(kPage)) << index;
      EXPECT_EQ(page.find_first_not_of(index < 2 ? 'a' : 'c'), std::string::npos) << index;
    }
  }
  EXPECT_EQ(stat_of(path("f")).st_size, static_cast<off_t>(6 * kPage));
}

TEST_F(RealMount, ReadAheadIsSetWhereItMayBe) {
  mount({});
  const dev_t device = stat_of(path("")).st_dev;
  const std::string setting = "/sys/class/bdi/" + std::to_string(major(device)) + ":" +
                              std::to_string(minor(device)) + "/read_ahead_kb";
  if (::access(setting.c_str(), W_OK) != 0) GTEST_SKIP() << "not allowed here";
  EXPECT_EQ(as_text(read_file(setting, 100)), "4096\n");
}

/// More programs than threads, each waiting for others' loads now and then.
TEST_F(RealMount, ManyReadersGetWholeFiles) {
  std::vector<Node> nodes;
  std::vector<std::string> contents;
  for (int i = 0; i < 40; ++i) {
    contents.push_back(std::string(100'000 + i, static_cast<char>('a' + i % 26)));
    nodes.push_back(maker().make_file("f" + std::to_string(100 + i),
                                      {std::string_view(contents.back()).substr(0, 50'000),
                                       std::string_view(contents.back()).substr(50'000)}));
  }
  MountOptions options;
  options.threads = 2;
  options.reader.blob_cache_bytes = 1 << 20;
  mount(nodes, options);
  std::vector<std::jthread> readers;
  for (int reader = 0; reader < 6; ++reader) {
    readers.emplace_back([&, reader] {
      for (int i = 0; i < 40; ++i) {
        const int file = reader % 2 == 0 ? i : 39 - i;
        EXPECT_EQ(read_whole(path("f" + std::to_string(100 + file))), contents[file]);
      }
    });
  }
}

}  // namespace
}  // namespace snapfs::test
