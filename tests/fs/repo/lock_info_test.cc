// What a lock file says.
#include "fs/repo/lock_info.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "fs/time/rfc3339.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;

constexpr std::string_view kRealLock =
    R"({"time":"2026-11-22T23:44:02.173192272Z","exclusive":false,"hostname":"vm",)"
    R"("username":"root","pid":20117})";

TEST(LockInfo, IsReadAndWrittenAsTheReferenceProgramDoes) {
  const LockInfo lock = parse_lock(as_bytes(kRealLock));
  EXPECT_EQ(format_rfc3339(lock.time), "2026-11-22T23:44:02.173192272Z");
  EXPECT_FALSE(lock.exclusive);
  EXPECT_EQ(lock.hostname, "vm");
  EXPECT_EQ(lock.username, "root");
  EXPECT_EQ(lock.pid, 20117);
  EXPECT_EQ(lock.uid, 0U);
  EXPECT_EQ(encode_lock(lock), kRealLock);
}

TEST(LockInfo, WritesNumbersOfTheUserUnlessZero) {
  LockInfo lock = parse_lock(as_bytes(kRealLock));
  lock.exclusive = true;
  lock.uid = 1000;
  lock.gid = 100;
  const std::string json = encode_lock(lock);
  EXPECT_TRUE(json.ends_with(R"("exclusive":true,"hostname":"vm","username":"root",)"
                             R"("pid":20117,"uid":1000,"gid":100})"));
  EXPECT_EQ(encode_lock(parse_lock(as_bytes(json))), json);
}

TEST(LockInfo, RefusesWhatIsNoLock) {
  for (std::size_t size = 0; size < kRealLock.size(); ++size) {
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "lock",
                           [&] { parse_lock(as_bytes(kRealLock.substr(0, size))); }));
  }
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "time", [] { parse_lock(as_bytes("{}")); }));
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [] { parse_lock(as_bytes(R"({"time":"now"})")); }));
}

TEST(LockInfo, KeepsWhatOnlyWeWrite) {
  LockInfo lock = parse_lock(as_bytes(kRealLock));
  lock.origin = {"0c1d", 4026531836, "ab12"};
  lock.mountpoint = "/mnt/\"old\"";
  const LockInfo read = parse_lock(as_bytes(encode_lock(lock)));
  EXPECT_EQ(read.origin, lock.origin);
  EXPECT_EQ(read.mountpoint, lock.mountpoint);
}

}  // namespace
}  // namespace snapfs
