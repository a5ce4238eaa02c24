// How many cores a process may use.
#include "fs/base/core_count.h"

#include <sched.h>

#include <thread>

#include <gtest/gtest.h>

#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

TEST(CoreCount, IsAtLeastOneAndNoMoreThanTheMaskHas) {
  EXPECT_GE(core_count(), 1U);
  EXPECT_LE(core_count(), cores_by_affinity());
}

TEST(CoreCount, GoesByTheAffinityMask) {
  std::size_t cores = 0;
  // A thread of its own, which takes its mask along when it ends.
  std::thread([&cores] {
    cpu_set_t mask;
    ASSERT_EQ(::sched_getaffinity(0, sizeof mask, &mask), 0);
    int first = 0;
    while (!CPU_ISSET(first, &mask)) ++first;
    CPU_ZERO(&mask);
    CPU_SET(first, &mask);
    ASSERT_EQ(::sched_setaffinity(0, sizeof mask, &mask), 0);
    cores = cores_by_affinity();
  }).join();
  EXPECT_EQ(cores, 1U);
}

TEST(CoreCount, TheSmallestQuotaOfAllGroupsCounts) {
  const test::TemporaryDirectory root;
  const std::string path = root.path().string();
  const std::string membership = "1:name=systemd:/x\n0::/a.slice/b.scope\n";
  EXPECT_EQ(cores_by_quota(membership, path), std::nullopt);
  root.write("a.slice/b.scope/cpu.max", "max 100000\n");
  EXPECT_EQ(cores_by_quota(membership, path), std::nullopt);
  root.write("a.slice/cpu.max", "350000 100000\n");
  EXPECT_EQ(cores_by_quota(membership, path), 4U);
  root.write("a.slice/b.scope/cpu.max", "900000 100000\n");
  EXPECT_EQ(cores_by_quota(membership, path), 4U);
  root.write("a.slice/b.scope/cpu.max", "20000 100000\n");
  EXPECT_EQ(cores_by_quota(membership, path), 1U);
}

TEST(CoreCount, AContainerSeesItsGroupAsTheRoot) {
  const test::TemporaryDirectory root;
  root.write("cpu.max", "200000 100000\n");
  EXPECT_EQ(cores_by_quota("0::/\n", root.path().string()), 2U);
}

TEST(CoreCount, NoGroupAndNonsenseAreNoLimit) {
  const test::TemporaryDirectory root;
  root.write("cpu.max", "many 0\n");
  for (const char* membership : {"", "\n", "1:cpu:/a\n", "0::", "0::/", "0::/../x", "nonsense"}) {
    EXPECT_EQ(cores_by_quota(membership, root.path().string()), std::nullopt) << membership;
  }
}

}  // namespace
}  // namespace snapfs
