// Index files: exact bytes out, any legal JSON in.
#include "fs/format/index_file.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/format/index_reader.h"
#include "tests/support/fails_with.h"
#include "tests/support/real_repository.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::kRealIndexJson;
using test::numbered_id;

std::vector<PackDescription> parse(std::string_view json, unsigned version = 2) {
  std::vector<PackDescription> packs;
  parse_index(as_bytes(json), version, [&](const PackDescription& pack) { packs.push_back(pack); });
  return packs;
}

TEST(IndexFile, ReadsAndWritesTheReferenceProgramsBytes) {
  const auto packs = parse(kRealIndexJson);
  ASSERT_EQ(packs.size(), 1U);
  EXPECT_EQ(packs[0].id.short_hex(), "827dbf6c");
  ASSERT_EQ(packs[0].entries.size(), 1U);
  const PackEntry& entry = packs[0].entries[0];
  EXPECT_EQ(entry.handle.type, BlobType::kTree);
  EXPECT_EQ(entry.handle.id.short_hex(), "f7d42a4f");
  EXPECT_EQ(entry.offset, 0U);
  EXPECT_EQ(entry.length, 248U);
  EXPECT_EQ(entry.uncompressed_length, 351U);
  EXPECT_EQ(encode_index(packs), kRealIndexJson);
}

TEST(IndexFile, WritesListsAndLeavesOutWhatIsZero) {
  const PackDescription pack{numbered_id(1),
                             {{{BlobType::kData, numbered_id(2)}, 0, 40, 0},
                              {{BlobType::kTree, numbered_id(3)}, 40, UINT32_MAX, 7}}};
  const std::string blobs = R"("blobs":[{"id":")" + numbered_id(2).hex() +
                            R"(","type":"data","offset":0,"length":40},{"id":")" +
                            numbered_id(3).hex() +
                            R"(","type":"tree","offset":40,"length":4294967295,)"
                            R"("uncompressed_length":7}]})";
  const std::string one = R"({"id":")" + numbered_id(1).hex() + "\"," + blobs;
  const std::string json = R"({"packs":[)" + one + "," + one + "]}\n";
  EXPECT_EQ(encode_index(std::vector{pack, pack}), json);
  const auto packs = parse(json);
  ASSERT_EQ(packs.size(), 2U);
  EXPECT_EQ(packs[1].entries, pack.entries);
}

TEST(IndexFile, TakesKeysInAnyOrderAndPassesOverOthers) {
  const std::string a = numbered_id(0xaa).hex();
  const std::string json =
      R"({"new":{"packs":[1]},"supersedes":[")" + a + R"("], "packs" : [ {"blobs":[{"length":5,)" +
      R"("extra":[{"id":3}],"uncompressed_length":6,"type":"data","offset":1,"id":")" + a +
      R"("}],"note":null,"id":")" + a + R"("},{"id":")" + a + R"(","blobs":null}]})";
  const auto packs = parse(json);
  ASSERT_EQ(packs.size(), 2U);
  EXPECT_EQ(packs[0].id, numbered_id(0xaa));
  const PackEntry expected{{BlobType::kData, numbered_id(0xaa)}, 1, 5, 6};
  EXPECT_EQ(packs[0].entries, std::vector{expected});
  EXPECT_TRUE(packs[1].entries.empty());
  EXPECT_TRUE(parse(R"({"packs":[]})").empty());
  EXPECT_TRUE(parse(R"({"packs":null})").empty());
}

TEST(IndexFile, ReadsPiecesOfAnySize) {
  const std::string json =
      R"({"x\u0041":"a\n","packs":[{"id":")" + numbered_id(1).hex() + R"(","blobs":[{"id":")" +
      numbered_id(2).hex() +
      R"(","type":"data","offset":123,"length":4567,"uncompressed_length":89}]}]})" + "\n";
  for (std::size_t size = 1; size <= json.size(); ++size) {
    std::vector<PackDescription> packs;
    IndexReader reader(2, [&](const PackDescription& pack) { packs.push_back(pack); });
    for (std::size_t at = 0; at < json.size(); at += size) {
      reader.write(as_bytes(std::string_view(json).substr(at, size)));
    }
    reader.finish();
    ASSERT_EQ(packs.size(), 1U);
    EXPECT_EQ(packs[0].id, numbered_id(1));
    const PackEntry expected{{BlobType::kData, numbered_id(2)}, 123, 4567, 89};
    EXPECT_EQ(packs[0].entries, std::vector{expected});
  }
}

TEST(IndexFile, RefusesWhatFollows) {
  const std::string json(kRealIndexJson);
  EXPECT_EQ(parse(json + " \n\t").size(), 1U);
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "index", [&] { parse(json + "x"); }));
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "index", [&] { parse(json + json); }));
}

TEST(IndexFile, TakesCompressedBlobsInVersion1ForALaterState) {
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "version 1", [] { parse(kRealIndexJson, 1); }));
  std::string json(kRealIndexJson);
  json.replace(json.find(":351"), 4, ":0");
  EXPECT_EQ(parse(json, 1).size(), 1U);
}

TEST(IndexFile, RefusesEveryTruncation) {
  for (std::size_t size = 0; size + 1 < kRealIndexJson.size(); ++size) {
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "index", [&] {
      parse(kRealIndexJson.substr(0, size));
    })) << size;
  }
}

TEST(IndexFile, RefusesFieldsThatCannotBe) {
  const auto with = [](std::string_view old, std::string_view replacement) {
    std::string json(kRealIndexJson);
    return json.replace(json.find(old), old.size(), replacement);
  };
  for (const std::string& json :
       {with("248", "4294967296"), with("248", "-1"), with("248", "2.5"), with("248", "\"248\""),
        with("\"tree\"", "\"snapshot\""), with("\"tree\"", "1"), with("f7d4", "f7d"),
        with("827d", "827"), with("\"type\"", "\"tipe\""), with("{\"id\":\"f7", "{\"ix\":\"f7"),
        with("\"packs\"", "\"package\""), std::string("[]"), std::string("null"),
        std::string(R"({"packs":{}})"), std::string(R"({"packs":[1]})")}) {
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "index", [&] { parse(json); })) << json;
  }
}

}  // namespace
}  // namespace snapfs
