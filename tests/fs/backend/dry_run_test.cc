// A dry run reads what is stored and leaves it alone.
#include "fs/backend/dry_run.h"

#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::numbered_id;
using test::to_bytes;

const FileKey kStored{FileKind::kPack, numbered_id(1)};
const FileKey kNew{FileKind::kPack, numbered_id(2)};

class DryRunBackendTest : public ::testing::Test {
 protected:
  DryRunBackendTest() { stored_.save(kStored, to_bytes("stored"), {}); }

  MemoryBackend stored_;
  DryRunBackend dry_run_{stored_};
};

TEST_F(DryRunBackendTest, ReadsWhatIsStored) {
  EXPECT_EQ(as_text(dry_run_.load(kStored, ByteRange{1, 3}, {}, {})), "tor");
  EXPECT_EQ(dry_run_.size(kStored, {}), 6U);
  const std::vector<FileInfo> listed = dry_run_.list(FileKind::kPack, {});
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed.front().id, kStored.id);
}

TEST_F(DryRunBackendTest, WritesVanish) {
  dry_run_.create({});
  dry_run_.save(kNew, to_bytes("new"), {});
  dry_run_.save(kStored, to_bytes("other"), {});
  EXPECT_EQ(stored_.size(kNew, {}), std::nullopt);
  EXPECT_EQ(as_text(stored_.load(kStored, std::nullopt, {}, {})), "stored");
}

TEST_F(DryRunBackendTest, RemovingLeavesTheFile) {
  dry_run_.remove(kStored, {});
  EXPECT_EQ(stored_.size(kStored, {}), 6U);
}

TEST_F(DryRunBackendTest, StopsAsAnyBackendDoes) {
  StopSource stop;
  stop.request_stop();
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled,
                         [&] { dry_run_.save(kNew, to_bytes("new"), stop.get_token()); }));
}

}  // namespace
}  // namespace snapfs
