// Memory for secrets: that it is locked, and who owns it.
#include "fs/crypto/secure_memory.h"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "fs/crypto/keys.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;

/// VmLck of this process in KiB.
long locked_kib() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("VmLck:")) return std::stol(line.substr(6));
  }
  return -1;
}

TEST(SecureBytes, AreLockedIntoMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers lock no memory, whoever asks for it";
#endif
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_MEMLOCK, &limit), 0);
  const long before = locked_kib();
  if (limit.rlim_cur < (1 << 20) || before < 0) GTEST_SKIP() << "locking memory is not permitted";
  {
    const SecureBytes secret(64);
    EXPECT_GT(locked_kib(), before);
  }
  EXPECT_EQ(locked_kib(), before);
}

TEST(SecureBytes, StartAsZerosAndMove) {
  SecureBytes first(33);
  EXPECT_EQ(first.view().size(), 33U);
  EXPECT_TRUE(std::ranges::all_of(first.view(), [](std::uint8_t byte) { return byte == 0; }));
  first.view()[32] = 7;
  SecureBytes second(std::move(first));
  EXPECT_EQ(second.view()[32], 7);
  first = SecureBytes::copy_of(as_bytes("abc"));
  EXPECT_EQ(as_text(first.view()), "abc");
  EXPECT_EQ(SecureBytes::copy_of({}).view().size(), 0U);
  EXPECT_TRUE(SecureBytes().view().empty());
}

TEST(Wipe, OverwritesWithZeros) {
  Bytes secret{1, 2, 3};
  wipe(secret);
  EXPECT_EQ(secret, (Bytes{0, 0, 0}));
}

TEST(Keys, RefuseAnyPartThatIsAllZero) {
  const auto with_zeros = [](std::size_t begin, std::size_t end) {
    SecureBytes secret(Keys::kSize);
    std::ranges::fill(secret.view(), 1);
    std::fill(secret.view().begin() + begin, secret.view().begin() + end, 0);
    return Keys(std::move(secret));
  };
  EXPECT_NO_THROW(with_zeros(0, 0));
  EXPECT_NO_THROW(with_zeros(0, 31));  // one byte is enough
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "all zero", [&] { with_zeros(0, 32); }));
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "all zero", [&] { with_zeros(32, 48); }));
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "all zero", [&] { with_zeros(48, 64); }));
}

TEST(Keys, RefuseAnotherLength) {
  for (const std::size_t size : {std::size_t{0}, Keys::kSize - 1, Keys::kSize + 1}) {
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "wrong length", [&] { Keys(SecureBytes(size)); }));
  }
}

TEST(Keys, AreRandomlyMadeAnewEachTime) {
  const Keys first = Keys::random();
  const Keys second = Keys::random();
  EXPECT_FALSE(std::ranges::equal(first.encrypt(), second.encrypt()));
  EXPECT_FALSE(std::ranges::equal(first.mac_k(), second.mac_k()));
  EXPECT_FALSE(std::ranges::equal(first.mac_r(), second.mac_r()));
}

}  // namespace
}  // namespace snapfs
