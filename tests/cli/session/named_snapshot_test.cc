// What commands that name snapshots read first.
#include "cli/session/named_snapshot.h"

#include <string>

#include <gtest/gtest.h>

#include "cli/session/wanted_lock.h"

namespace snapfs {
namespace {

TEST(NamedSnapshot, ByItsIdIsReadWithoutTheOthers) {
  const std::vector<FileKind> index_only = {FileKind::kIndex};
  EXPECT_EQ(reads_for({std::string(64, 'a')}), index_only);
  EXPECT_EQ(reads_for({"12ab:/home", "34cd"}), index_only);
  EXPECT_EQ(reads_for({"latest"}), kSnapshotsAndIndex);
  EXPECT_EQ(reads_for({"12ab", "latest:/home"}), kSnapshotsAndIndex);
  EXPECT_EQ(reads_for({"2026-11-01T12:30"}), kSnapshotsAndIndex);
}

}  // namespace
}  // namespace snapfs
