// RFC 1321's test suite.
#include "fs/crypto/md5.h"

#include <gtest/gtest.h>

#include "fs/base/hex.h"

namespace snapfs {
namespace {

TEST(Md5, MatchesThePublishedDigests) {
  EXPECT_EQ(to_hex(md5({})), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(to_hex(md5(as_bytes("abc"))), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(to_hex(md5(as_bytes("message digest"))), "f96b697d7cb7938d525a2f31aaf161d0");
}

}  // namespace
}  // namespace snapfs
