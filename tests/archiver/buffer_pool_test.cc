// Which buffer comes back, and how many are kept.
#include "archiver/buffer_pool.h"

#include <utility>

#include <gtest/gtest.h>

namespace snapfs {
namespace {

Bytes buffer_of(std::size_t capacity) {
  Bytes buffer;
  buffer.reserve(capacity);
  buffer.resize(1);
  return buffer;
}

TEST(BufferPool, GivesTheSmallestThatIsLargeEnough) {
  BufferPool pool(1000);
  pool.give(buffer_of(300));
  pool.give(buffer_of(100));
  pool.give(buffer_of(200));
  const Bytes taken = pool.take(150);
  EXPECT_EQ(taken.capacity(), 200U);
  EXPECT_TRUE(taken.empty());
  EXPECT_EQ(pool.take(150).capacity(), 300U);
  EXPECT_EQ(pool.take(100).capacity(), 100U);
}

TEST(BufferPool, MakesWhatItDoesNotHave) {
  BufferPool pool(1000);
  pool.give(buffer_of(100));
  EXPECT_GE(pool.take(101).capacity(), 101U);
  EXPECT_EQ(pool.take(1).capacity(), 100U);
}

TEST(BufferPool, KeepsNoMoreThanItsLimit) {
  BufferPool pool(250);
  pool.give(buffer_of(200));
  pool.give(buffer_of(100));
  EXPECT_EQ(pool.take(50).capacity(), 200U);
  pool.give(buffer_of(100));
  EXPECT_EQ(pool.take(50).capacity(), 100U);
}

}  // namespace
}  // namespace snapfs
