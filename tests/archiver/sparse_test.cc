// Files with holes: the same blobs as if every zero had been read.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "archiver/source/local.h"
#include "fs/base/path.h"
#include "tests/archiver/archiver_fixture.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

struct Piece {
  off_t offset;
  std::size_t size;
};

class SparseTest : public ArchiverTest {
 protected:
  /// The content of a file of `size` bytes with data in these places and nothing elsewhere.
  std::vector<Id> saved(const std::vector<Piece>& pieces, off_t size, bool with_holes) {
    const std::string path = directory_.write("file", "");
    const int fd = ::open(path.c_str(), O_RDWR | O_TRUNC);
    if (!with_holes) {
      const std::string zeros(1 << 20, '\0');
      for (off_t at = 0; at < size; at += 1 << 20) {
        const auto count = static_cast<std::size_t>(std::min<off_t>(1 << 20, size - at));
        EXPECT_EQ(::pwrite(fd, zeros.data(), count, at), static_cast<ssize_t>(count));
      }
    }
    for (const auto& [offset, count] : pieces) {
      const std::string bytes = pseudo_random(count);
      EXPECT_EQ(::pwrite(fd, bytes.data(), count, offset), static_cast<ssize_t>(count));
    }
    EXPECT_EQ(::ftruncate(fd, size), 0);
    ::close(fd);

    SnapshotRequest request;
    request.targets = resolve_targets(std::vector{path}, "/", local_);
    request.time = {clock_.now(), 0};
    const Snapshot snapshot = create_snapshot(*repository_, local_, clock_, request, progress_, {});
    const Node node = node_at(snapshot, split_path(path));
    EXPECT_EQ(node.size, static_cast<std::uint64_t>(size));
    return node.content;
  }

  test::TemporaryDirectory directory_;
  LocalSource local_;
};

TEST_F(SparseTest, HolesMakeNoDifferenceToWhatIsStored) {
  constexpr off_t kKiB = 1 << 10;
  constexpr off_t kMiB = 1 << 20;
  struct Case {
    std::vector<Piece> pieces;
    off_t size;
  };
  const std::vector<Case> cases = {
      {{}, 5 * kMiB},
      {{}, 5 * kMiB + 3},
      {{{3 * kMiB, 10}}, 9 * kMiB},
      {{{0, 700 << 10}}, 6 * kMiB},
      {{{0, 700 << 10}, {4 * kMiB + 4 * kKiB, 3 << 20}}, 12 * kMiB + 1},
      {{{10 * kMiB - 4 * kKiB, 4 << 10}}, 10 * kMiB},
      {{{512 * kKiB, 1}, {1024 * kKiB, 1}, {1536 * kKiB + 4 * kKiB, 1}}, 3 * kMiB},
  };
  for (const Case& item : cases) {
    EXPECT_EQ(saved(item.pieces, item.size, true), saved(item.pieces, item.size, false))
        << &item - cases.data();
  }
}

}  // namespace
}  // namespace snapfs
