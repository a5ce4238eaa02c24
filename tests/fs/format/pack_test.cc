// Packs: built, read back, filled up, and hostile headers.
#include "fs/format/pack.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "fs/crypto/sha256.h"
#include "fs/format/codec.h"
#include "fs/store/pack_writer.h"
#include "tests/support/fails_with.h"
#include "tests/support/real_repository.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::from_hex;
using test::numbered_id;

class PackTest : public ::testing::Test {
 protected:
  SealedBlob seal(BlobType type, std::string_view text) {
    return codec_.seal_blob({type, sha256(as_bytes(text))}, as_bytes(text));
  }

  /// A pack without blobs whose header has the plaintext given.
  Bytes with_header(ByteView header, std::size_t blob_bytes = 0) {
    Bytes file(blob_bytes, 0);
    const Bytes sealed = codec_.seal_raw(header);
    append(file, sealed);
    for (int shift = 0; shift < 32; shift += 8) {
      file.push_back(static_cast<std::uint8_t>(sealed.size() >> shift));
    }
    return file;
  }

  std::vector<PackEntry> parse(ByteView file) {
    return parse_pack_header(codec_, file, file.size());
  }

  const Keys keys_ = Keys::random();
  Codec codec_{keys_, {}};
};

TEST_F(PackTest, ReadsTheReferenceProgramsPack) {
  const Keys keys = test::real_master();
  Codec codec(keys, {});
  const Bytes file = from_hex(test::kRealPack);
  EXPECT_EQ(sha256(file).hex(), test::kRealPackId);
  const PackEntry expected{{BlobType::kData, *Id::parse(test::kRealBlobId)}, 0, 44, 3};
  EXPECT_EQ(parse_pack_header(codec, file, file.size()), std::vector{expected});
  EXPECT_EQ(pack_header_extent(ByteView(file).last(4), file.size()), 77U);
  // A reader has only the end of a large file.
  EXPECT_EQ(parse_pack_header(codec, ByteView(file).last(77), file.size()).size(), 1U);
}

TEST_F(PackTest, ReadsBackWhatItBuilt) {
  PackBuilder builder;
  EXPECT_TRUE(builder.empty());
  std::vector<SealedBlob> blobs;
  for (const unsigned version : {1U, 2U}) {
    Codec codec(keys_, {.version = version});
    for (const BlobType type : {BlobType::kData, BlobType::kTree}) {
      const std::string text = "blob of version " + std::to_string(version);
      blobs.push_back(codec.seal_blob({type, sha256(as_bytes(text))}, as_bytes(text)));
      builder.add(blobs.back());
    }
  }
  const FinishedPack pack = builder.finish(codec_);
  EXPECT_TRUE(builder.empty());
  EXPECT_EQ(builder.blob_bytes(), 0U);
  EXPECT_EQ(pack.description.id, sha256(pack.bytes));
  const auto entries = parse(pack.bytes);
  EXPECT_EQ(entries, pack.description.entries);
  ASSERT_EQ(entries.size(), 4U);
  std::size_t size = kPackOverhead;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(entries[i].handle, blobs[i].handle);
    const ByteView sealed = ByteView(pack.bytes).subspan(entries[i].offset, entries[i].length);
    EXPECT_EQ(sha256(codec_.open_blob(entries[i].handle, sealed, entries[i].uncompressed_length)),
              entries[i].handle.id);
    size += entries[i].length + header_entry_size(entries[i]);
  }
  EXPECT_EQ(pack.bytes.size(), size);
  // Types 0 to 3, in the order they were added.
  const Bytes header = codec_.open_raw(
      ByteView(pack.bytes).last(2 * 37 + 2 * 41 + kPackOverhead).first(2 * 37 + 2 * 41 + 32));
  EXPECT_EQ((std::vector{header[0], header[37], header[74], header[115]}),
            (std::vector<std::uint8_t>{0, 1, 2, 3}));
}

TEST_F(PackTest, MergesTwoPacksIntoOne) {
  PackBuilder first;
  PackBuilder second;
  first.add(seal(BlobType::kData, "one"));
  second.add(seal(BlobType::kData, "two"));
  second.add(seal(BlobType::kData, "three"));
  first.merge(std::move(second));
  const FinishedPack pack = first.finish(codec_);
  const auto entries = parse(pack.bytes);
  ASSERT_EQ(entries.size(), 3U);
  for (const PackEntry& entry : entries) {
    EXPECT_NO_THROW(codec_.open_blob(entry.handle,
                                     ByteView(pack.bytes).subspan(entry.offset, entry.length),
                                     entry.uncompressed_length));
  }
}

TEST_F(PackTest, RefusesEveryTruncation) {
  PackBuilder builder;
  builder.add(seal(BlobType::kData, "one"));
  builder.add(seal(BlobType::kTree, "two"));
  const Bytes file = builder.finish(codec_).bytes;
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [&] { parse(ByteView(file).first(size)); }))
        << size;
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [&] {
      parse(ByteView(file).last(size).first(size == 0 ? 0 : size - 1));
    }));
  }
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "do not fill the file",
                         [&] { parse_pack_header(codec_, file, file.size() + 1); }));
}

TEST_F(PackTest, RefusesLengthsThatCannotBe) {
  Bytes file(17 << 20, 0);
  const auto refused = [&](std::uint32_t length) {
    for (int i = 0; i < 4; ++i)
      file[file.size() - 4 + i] = static_cast<std::uint8_t>(length >> 8 * i);
    return fails_with(ErrorCode::kDamaged, "length is impossible",
                      [&] { pack_header_extent(ByteView(file).last(4), file.size()); });
  };
  for (const std::uint32_t length : {0U, 31U, 32U, (16U << 20) + 1, (17U << 20) - 3, UINT32_MAX}) {
    EXPECT_TRUE(refused(length)) << length;
  }
  EXPECT_FALSE(refused(69));
  EXPECT_FALSE(refused(16 << 20));
}

TEST_F(PackTest, RefusesHostileHeaders) {
  Bytes entry(37, 0);
  EXPECT_EQ(parse(with_header(entry)).size(), 1U);
  for (unsigned type = 4; type < 256; ++type) {
    entry[0] = static_cast<std::uint8_t>(type);
    EXPECT_TRUE(
        fails_with(ErrorCode::kDamaged, "unknown type", [&] { parse(with_header(entry)); }));
  }
  entry[0] = 2;  // a byte short of four
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "cut off", [&] { parse(with_header(entry)); }));
  entry[0] = 0;
  for (const std::size_t byte : {1, 2, 3, 4}) {
    Bytes long_entry = entry;
    long_entry[byte] = 0xff;
    EXPECT_TRUE(
        fails_with(ErrorCode::kDamaged, "do not fill", [&] { parse(with_header(long_entry)); }));
  }
  Bytes many;  // whose lengths add up to more than 32 bits
  for (int i = 0; i < 5; ++i) {
    append(many, ByteView(Bytes{0, 0xff, 0xff, 0xff, 0xff}));
    append(many, Id{}.bytes);
  }
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "beyond 4 GiB", [&] { parse(with_header(many)); }));
}

TEST_F(PackTest, RefusesRandomHeaders) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    Bytes header(37 + random() % 200);
    for (auto& byte : header) byte = static_cast<std::uint8_t>(random() % (round % 2 ? 256 : 4));
    const Bytes file = with_header(header, random() % 64);
    try {
      const auto entries = parse(file);
      std::uint64_t sum = 0;
      for (const PackEntry& entry : entries) sum += entry.length;
      EXPECT_EQ(sum + header.size() + kPackOverhead, file.size());
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kDamaged);
    }
  }
}

// PackWriter
// ---------------------------------------------------------------------------------------

class Collector final : public PackSink {
 public:
  void submit(FinishedPack pack, StopToken) override { packs.push_back(std::move(pack)); }
  std::vector<FinishedPack> packs;
};

/// A blob that takes `size` bytes in a pack; its content does not matter here.
SealedBlob fake_blob(std::uint64_t number, std::size_t size, BlobType type = BlobType::kData) {
  return {{type, numbered_id(number)}, Bytes(size, 0), 1};
}

TEST_F(PackTest, WriterKeepsTypesApartAndFillsPacks) {
  Collector sink;
  PackWriter writer(sink, 1000);
  std::uint64_t expected = 0;
  for (std::uint64_t i = 0; i < 200; ++i) {
    writer.add(fake_blob(i, 100, i % 3 == 0 ? BlobType::kTree : BlobType::kData), codec_, {});
    expected += 141;
  }
  expected += sink.packs.size() * kPackOverhead;
  EXPECT_EQ(writer.packed_bytes(), expected);
  for (const FinishedPack& pack : sink.packs) EXPECT_EQ(pack.description.entries.size(), 10U);
  writer.flush(codec_, {});
  EXPECT_EQ(writer.packed_bytes(), expected);
  std::size_t blobs = 0;
  for (const FinishedPack& pack : sink.packs) {
    blobs += pack.description.entries.size();
    for (const PackEntry& entry : pack.description.entries) {
      EXPECT_EQ(entry.handle.type, pack.description.entries.front().handle.type);
    }
  }
  EXPECT_EQ(blobs, 200U);
  const std::size_t packs = sink.packs.size();
  writer.flush(codec_, {});
  EXPECT_EQ(sink.packs.size(), packs) << "an empty pack was written";
}

TEST_F(PackTest, WriterKeepsTreesInTheirOrder) {
  Collector sink;
  PackWriter writer(sink, 1000);
  for (std::uint64_t i = 0; i < 30; ++i) {
    writer.add(fake_blob(i, 100, BlobType::kTree), codec_, {});
  }
  ASSERT_EQ(sink.packs.size(), 3U);
  std::uint64_t next = 0;
  for (const FinishedPack& pack : sink.packs) {
    for (const PackEntry& entry : pack.description.entries) {
      EXPECT_EQ(entry.handle.id, numbered_id(next++));
    }
  }
}

TEST_F(PackTest, WriterHandsTheFirstPacksOverEarly) {
  Collector sink;
  PackWriter writer(sink, 1000, 300);
  const auto entries_of = [&](std::size_t pack) {
    return sink.packs.at(pack).description.entries.size();
  };
  // The two open packs take turns as chance has it.
  for (std::uint64_t i = 0; sink.packs.size() < 2; ++i) writer.add(fake_blob(i, 100), codec_, {});
  EXPECT_EQ(entries_of(0), 3U);
  EXPECT_EQ(entries_of(1), 3U);
  for (std::uint64_t i = 100; sink.packs.size() < 6; ++i) writer.add(fake_blob(i, 100), codec_, {});
  for (std::size_t pack = 2; pack < 6; ++pack) EXPECT_EQ(entries_of(pack), 10U);
  PackWriter trees(sink, 1000, 300);
  for (std::uint64_t i = 0; i < 10; ++i) {
    trees.add(fake_blob(i, 100, BlobType::kTree), codec_, {});
  }
  ASSERT_EQ(sink.packs.size(), 7U);
  EXPECT_EQ(entries_of(6), 10U) << "trees come when the data is on its way";
}

TEST_F(PackTest, WriterMergesSmallPacksAtTheEnd) {
  Collector sink;
  PackWriter writer(sink, 100'000);
  for (std::uint64_t i = 0; i < 64; ++i) writer.add(fake_blob(i, 100), codec_, {});
  writer.flush(codec_, {});
  ASSERT_EQ(sink.packs.size(), 1U);
  EXPECT_EQ(parse(sink.packs[0].bytes).size(), 64U);
}

TEST_F(PackTest, WriterGivesALargeBlobAPackOfItsOwn) {
  Collector sink;
  PackWriter writer(sink, 1000);
  for (std::uint64_t i = 0; i < 8; ++i) writer.add(fake_blob(i, 50), codec_, {});
  writer.add(fake_blob(8, 1000), codec_, {});
  ASSERT_EQ(sink.packs.size(), 1U);
  EXPECT_EQ(sink.packs[0].description.entries.size(), 1U);
}

TEST_F(PackTest, WriterNeverOverfillsAHeader) {
  // 409 199 entries are the most a header holds; two open packs together had more.
  constexpr std::size_t kMost = 409'199;
  constexpr std::size_t kBlobs = kMost + 50'000;
  Collector sink;
  PackWriter writer(sink, 64 << 20);
  for (std::uint64_t i = 0; i < kBlobs; ++i) writer.add(fake_blob(i, 33), codec_, {});
  writer.flush(codec_, {});
  EXPECT_EQ(sink.packs.size(), 2U);
  std::size_t blobs = 0;
  for (const FinishedPack& pack : sink.packs) {
    EXPECT_LE(pack.description.entries.size(), kMost);
    blobs += parse(pack.bytes).size();
  }
  EXPECT_EQ(blobs, kBlobs);
}

TEST(PackBuilder, IsFullAtTheFormatsLimit) {
  PackBuilder builder;
  std::size_t count = 0;
  while (!builder.header_full()) builder.add(fake_blob(count++, 1));
  EXPECT_EQ(count, 409'199U);
  PackBuilder one;
  one.add(fake_blob(0, 1));
  EXPECT_FALSE(builder.can_merge(one));
  EXPECT_TRUE(builder.can_merge(PackBuilder()));
}

}  // namespace
}  // namespace snapfs
