// Which parts of a pack are there, and what can be put together from them.
#include "fs/cache/pack_parts.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace snapfs {
namespace {

std::string text(const std::vector<ByteRange>& ranges) {
  std::string result;
  for (const ByteRange& range : ranges) {
    result += std::to_string(range.offset) + "+" + std::to_string(range.length) + " ";
  }
  return result;
}

std::string pieces(const PackParts& parts, const ByteRange& range) {
  std::string result;
  for (const PartPiece& piece : parts.pieces_of(range)) {
    result += std::to_string(piece.part.offset) + ":" + std::to_string(piece.begin) + "-" +
              std::to_string(piece.end) + " ";
  }
  return result;
}

TEST(PackPartsTest, ARangeIsPutTogetherFromPartsThatMeet) {
  PackParts parts;
  parts.add({20, 10});
  parts.add({0, 10});
  parts.add({10, 10});
  parts.add({40, 10});
  EXPECT_EQ(pieces(parts, {0, 30}), "0:0-10 10:10-20 20:20-30 ");
  EXPECT_EQ(pieces(parts, {5, 3}), "0:5-8 ");
  EXPECT_EQ(pieces(parts, {5, 10}), "0:5-10 10:10-15 ");
  EXPECT_EQ(pieces(parts, {25, 10}), "");
  EXPECT_EQ(pieces(parts, {25, 20}), "");
  EXPECT_EQ(pieces(parts, {30, 1}), "");
  EXPECT_EQ(pieces(parts, {49, 2}), "");
  EXPECT_EQ(pieces(PackParts(), {0, 1}), "");
}

TEST(PackPartsTest, APartThatTakesInOthersTakesTheirPlace) {
  PackParts parts;
  EXPECT_EQ(text(parts.add({10, 10})), "");
  EXPECT_EQ(text(parts.add({10, 10})), "") << "the same is not to be removed";
  EXPECT_EQ(text(parts.add({12, 5})), "12+5 ") << "it is there already";
  EXPECT_EQ(text(parts.add({30, 10})), "");
  EXPECT_EQ(text(parts.add({15, 20})), "");
  EXPECT_EQ(text(parts.all()), "10+10 15+20 30+10 ");
  EXPECT_EQ(text(parts.add({10, 40})), "10+10 15+20 30+10 ");
  EXPECT_EQ(text(parts.all()), "10+40 ");
}

TEST(PackPartsTest, WhatOverlapsIsForgotten) {
  PackParts parts;
  for (const std::uint64_t offset : {0, 10, 20, 30}) parts.add({offset, 10});
  EXPECT_EQ(text(parts.take_overlapping({19, 2})), "10+10 20+10 ");
  EXPECT_EQ(text(parts.all()), "0+10 30+10 ");
  EXPECT_EQ(text(parts.take_overlapping({10, 20})), "");
  parts.remove({0, 10});
  EXPECT_EQ(text(parts.take_overlapping({0, UINT64_MAX})), "30+10 ");
  EXPECT_TRUE(parts.empty());
}

TEST(PackPartsTest, SaysTheSameAsAMapOfBytes) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    PackParts parts;
    std::vector<bool> has(60);
    for (int i = 0; i < 8; ++i) {
      const ByteRange part{random() % 50, 1 + random() % 10};
      parts.add(part);
      for (std::uint64_t at = part.offset; at < part.offset + part.length; ++at) has[at] = true;
    }
    for (std::uint64_t begin = 0; begin < 59; ++begin) {
      for (std::uint64_t end = begin + 1; end < 60; ++end) {
        bool all = true;
        for (std::uint64_t at = begin; at < end; ++at) all = all && has[at];
        const auto found = parts.pieces_of({begin, end - begin});
        ASSERT_EQ(!found.empty(), all) << text(parts.all()) << begin << "-" << end;
        std::uint64_t at = begin;
        for (const PartPiece& piece : found) {
          ASSERT_EQ(piece.begin, at);
          ASSERT_GE(piece.begin, piece.part.offset);
          ASSERT_LE(piece.end, piece.part.offset + piece.part.length);
          at = piece.end;
        }
        ASSERT_TRUE(found.empty() || at == end);
      }
    }
  }
}

}  // namespace
}  // namespace snapfs
