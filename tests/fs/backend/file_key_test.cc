// Where each kind of file lies.
#include "fs/backend/file_key.h"

#include <gtest/gtest.h>

#include "tests/support/hex_bytes.h"

namespace snapfs {
namespace {

TEST(FileKey, LiesWhereTheFormatPutsIt) {
  const Id id = test::numbered_id(0x0123456789abcdef, 0xff);
  const std::string name = "0123456789abcdef0123456789abcdef" + std::string(32, 'f');
  EXPECT_EQ(path_of(FileKey::config()), "config");
  EXPECT_EQ(path_of({FileKind::kKey, id}), "keys/" + name);
  EXPECT_EQ(path_of({FileKind::kLock, id}), "locks/" + name);
  EXPECT_EQ(path_of({FileKind::kSnapshot, id}), "snapshots/" + name);
  EXPECT_EQ(path_of({FileKind::kIndex, id}), "index/" + name);
  EXPECT_EQ(path_of({FileKind::kPack, id}), "data/01/" + name);
}

TEST(FileKey, IsCalledByKindAndShortId) {
  EXPECT_EQ(describe({FileKind::kPack, test::numbered_id(0x0123456789abcdef)}), "pack 01234567");
  EXPECT_EQ(describe(FileKey::config()), "the config");
}

}  // namespace
}  // namespace snapfs
