// The chunker against the vectors of FORMAT §8.4, however its input is handed over.
#include "archiver/chunk/chunker.h"

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "fs/base/id.h"
#include "fs/crypto/sha256.h"
#include "tests/archiver/chunk/chunk_inputs.h"

namespace snapfs {
namespace {

using Lengths = std::vector<std::size_t>;

const ChunkerTables& format_tables() {
  static const ChunkerTables tables{Polynomial(0x3DA3358B4DC173)};
  return tables;
}

/// The cases that every search of this processor must pass.
class EachChunker : public ::testing::TestWithParam<NamedCutFinder> {
 protected:
  Chunker chunker() const { return Chunker(format_tables(), GetParam().find); }
};

INSTANTIATE_TEST_SUITE_P(Finders, EachChunker, ::testing::ValuesIn(cut_finders()),
                         [](const auto& info) { return std::string(info.param.name); });

/// Cuts `input` as a reader would that gets at most `read_size` bytes at a time.
Lengths cut_stream(const Chunker& chunker, ByteView input, std::size_t read_size) {
  Lengths lengths;
  std::size_t start = 0;  // of the chunk
  std::size_t end = 0;    // of what was read
  std::size_t searched = 0;
  for (;;) {
    const auto cut =
        chunker.find_cut(input.subspan(start, end - start), end == input.size(), searched);
    if (cut) {
      lengths.push_back(*cut);
      start += *cut;
      searched = 0;
      continue;
    }
    if (end == input.size()) return lengths;
    searched = end - start;
    end += std::min(read_size, input.size() - end);
    EXPECT_LE(end - start, kMaxChunkSize + read_size);
  }
}

struct KnownChunk {
  std::size_t length;
  std::uint64_t fingerprint;  // 0 for the last
  const char* id;
};

constexpr KnownChunk kLcgChunks[] = {
    {1016575, 0x0017bb3576700000,
     "edc19709a754502e3e77cec4519a02822be58b8020b932ee5e00cb14ecacad1d"},
    {1222965, 0x000134f259f00000,
     "73e96861b0f5237b1b59900b92c3608efd2c35e7c18cf7d8f1478265270e02c5"},
    {874674, 0x0019076ea6900000,
     "40ba7af945fa794817e14d3703e5b34f93ab331de5977877e7d65569056633c8"},
    {1582069, 0x000272d671100000,
     "8cb4a72dedd6958312e11f933ea5e413ba8461e59652e68c6c64f6c3049bfb37"},
    {1131085, 0x001ee9e6eb000000,
     "09e9427dd051d2d3599108d35fa9c04931693641160b2d9db45d35221fc69b16"},
    {575402, 0x001be75923b00000,
     "083f4716a9630b57e3058227d985ee755375d0e7111c5bfa7cd75cbb90394758"},
    {858472, 0x000c9c0dcfc00000,
     "724ee2f50a2c764c4063d822ea07583728dc2f6064327740e8d1ed25721fcbeb"},
    {1310917, 0x00090675db200000,
     "48cfb351c0432f4bfd67e0ffe2948185e019d0ae4d22a45c2ca09127336faff9"},
    {551259, 0x0011272faec00000,
     "9b4b1c5d9584c20f7c6d8f2a01688246eb367913535759bb348b569afa0c44b3"},
    {536221, 0x001ff99dc9800000,
     "f3617d2c42d6fcd7740a5af19b7d0cd0d504be43d4603cbe019806f8e6893ae5"},
    {7247193, 0x000bd7ebba400000,
     "15a48102d1f7dc433644d09dab7aefaa4239b98f1343dbd018c908029a2ae1db"},
    {1039123, 0x000ee1677df00000,
     "871c4aeb9b8dd8c1286694e44c295b5b8134aa5d0c0e7254aa5c97f974e39f73"},
    {526962, 0x0004d596a4500000,
     "3ef34695e231f106be16916445c32c62610beb66a86fd1ef195708165430dfc2"},
    {2819967, 0x000887f5af000000,
     "4ef852ebfc1c21c0de2e871a51074dc48fd48796e6bc01b53e45aa9cf9609b74"},
    {6652277, 0x0014fd2aff800000,
     "8b7a3af8d469ca734aeeef52b4b4e02b45b75f85dc0e801ed37ede0a38193993"},
    {853449, 0x00077fc90c500000,
     "d9c350e2645ffe2ba4523d81cbb76fe3460df8a81c4b848d8ab83bebfebca848"},
    {2495315, 0x0019d8b351200000,
     "4b52a86432d3194edc76732d69233fb1973d0d11101a1b87f1b8a4250777f035"},
    {2094314, 0x000851459b000000,
     "b856f20899b49c89c73aad189101b66b43f014fa48fca5d1adc37e85adfae01e"},
    {166193, 0, "3f890631fa5c290a8a3f379eab1d5bfbcf8b236525514ac60f4bf57d3235b17d"},
};

const Bytes& lcg_input() {
  static const Bytes input = test::lcg_bytes(33554432);
  return input;
}

TEST(ChunkerTables, HoldTheValuesOfTheFormat) {
  EXPECT_EQ(format_tables().out()[1], 0x17eb4232e19216U);
  EXPECT_EQ(format_tables().out()[255], 0xb80b98cecc39aU);
  EXPECT_EQ(format_tables().mod()[1], 0x3da3358b4dc173U);
  EXPECT_EQ(format_tables().mod()[255], 0x1ff7ac8a5af476a7U);
}

TEST(ChunkerTables, FingerprintOfKnownWindows) {
  EXPECT_EQ(format_tables().fingerprint(test::filled(64, 1)), 0x182bcd15979498U);
  Bytes counting(64);
  for (std::size_t i = 0; i < counting.size(); ++i) counting[i] = static_cast<std::uint8_t>(i);
  EXPECT_EQ(format_tables().fingerprint(counting), 0x44b76cac5cee3U);
}

/// The product as GF2P8AFFINEQB defines it.
std::uint8_t product(FingerprintMatrices::Matrix matrix, std::uint8_t byte) {
  unsigned result = 0;
  for (int row = 0; row < 8; ++row) {
    const auto mask = static_cast<std::uint8_t>(matrix >> (8 * (7 - row)));
    result |= (std::popcount(static_cast<std::uint8_t>(mask & byte)) & 1U) << row;
  }
  return static_cast<std::uint8_t>(result);
}

TEST(ChunkerTables, MatricesSayTheSameAsTables) {
  const ChunkerTables tables{test::seeded_polynomial(11)};
  for (unsigned b = 0; b < 256; ++b) {
    const auto byte = static_cast<std::uint8_t>(b);
    const std::uint64_t overflow = std::uint64_t{b} << Polynomial::kChunkerDegree;
    for (std::size_t k = 0; k < FingerprintMatrices::kDigestBytes; ++k) {
      const auto byte_of = [k](std::uint64_t digest) {
        return static_cast<std::uint8_t>(digest << FingerprintMatrices::kShift >> (8 * k));
      };
      EXPECT_EQ(product(tables.matrices().mod()[k], byte), byte_of(tables.mod()[b] ^ overflow));
      EXPECT_EQ(product(tables.matrices().out()[k], byte), byte_of(tables.out_shifted()[b]));
      if (k < FingerprintMatrices::kComingBytes) {
        EXPECT_EQ(product(tables.matrices().in()[k], byte), byte_of(b));
      }
    }
  }
}

TEST(ChunkerTables, RefuseAPolynomialOfAnotherDegree) {
  for (const std::uint64_t bits : {std::uint64_t{0}, std::uint64_t{0x11b}, ~std::uint64_t{0}}) {
    try {
      const ChunkerTables tables{Polynomial(bits)};
      ADD_FAILURE() << bits;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    }
  }
}

TEST_P(EachChunker, CutsTheInputOfTheFormatAsItSays) {
  ASSERT_EQ(sha256(lcg_input()).hex(),
            "b6a6aa432c41ead85badbd4597402f04cb57d928a3063aadd42981cc62ae0e52");
  const Chunker chunker = this->chunker();
  ByteView rest(lcg_input());
  for (const KnownChunk& known : kLcgChunks) {
    const auto cut = chunker.find_cut(rest, true);
    ASSERT_EQ(cut, known.length);
    const ByteView chunk = rest.first(*cut);
    EXPECT_EQ(sha256(chunk).hex(), known.id);
    if (known.fingerprint != 0) {
      EXPECT_EQ(format_tables().fingerprint(chunk.last(kChunkWindow)), known.fingerprint);
    }
    rest = rest.subspan(*cut);
  }
  EXPECT_TRUE(rest.empty());
  EXPECT_EQ(chunker.find_cut(rest, true), std::nullopt);
}

TEST_P(EachChunker, CutsAlikeWhateverTheSizeOfReads) {
  Lengths expected;
  for (const KnownChunk& known : kLcgChunks) expected.push_back(known.length);
  for (const std::size_t read_size : {std::size_t{4097}, kMinChunkSize, std::size_t{9} << 20}) {
    EXPECT_EQ(cut_stream(chunker(), lcg_input(), read_size), expected) << "reads of " << read_size;
  }
}

TEST_P(EachChunker, GoesOnExactlyWhereItStopped) {
  const Chunker chunker = this->chunker();
  ByteView rest(lcg_input());
  for (const KnownChunk& known : kLcgChunks) {
    const std::size_t before = known.length - 1;
    EXPECT_EQ(chunker.find_cut(rest.first(before), false), std::nullopt);
    EXPECT_EQ(chunker.find_cut(rest, true, before), known.length);
    rest = rest.subspan(known.length);
  }
}

TEST_P(EachChunker, CutsZerosAtTheMinimum) {
  const Chunker chunker = this->chunker();
  EXPECT_EQ(cut_stream(chunker, test::filled(4 * kMinChunkSize, 0), 1 << 20),
            Lengths(4, kMinChunkSize));
  EXPECT_EQ(cut_stream(chunker, test::filled(3 * kMinChunkSize + 5, 0), 1 << 20),
            (Lengths{kMinChunkSize, kMinChunkSize, kMinChunkSize, 5}));
  EXPECT_EQ(sha256(test::filled(kMinChunkSize, 0)).hex(),
            "07854d2fef297a06ba81685e660c332de36d5d18d546927d30daad6d7fda1541");
}

TEST_P(EachChunker, CutsAtTheMaximumWhereNothingMatches) {
  const Chunker chunker = this->chunker();
  EXPECT_EQ(cut_stream(chunker, test::filled(9 << 20, 1), 1 << 20),
            (Lengths{kMaxChunkSize, 1 << 20}));
  EXPECT_EQ(cut_stream(chunker, test::filled(2 * kMaxChunkSize, 1), 3 << 20),
            (Lengths{kMaxChunkSize, kMaxChunkSize}));
}

TEST_P(EachChunker, AShortFileIsOneChunkAndAnEmptyOneNone) {
  const Chunker chunker = this->chunker();
  EXPECT_EQ(chunker.find_cut({}, true), std::nullopt);
  EXPECT_EQ(chunker.find_cut({}, false), std::nullopt);
  const Bytes one = test::filled(1, 7);
  EXPECT_EQ(chunker.find_cut(one, true), 1U);
  EXPECT_EQ(chunker.find_cut(one, false), std::nullopt);
  const Bytes shorter = test::random_bytes(kMinChunkSize - 1, 5);
  EXPECT_EQ(chunker.find_cut(shorter, true), kMinChunkSize - 1);
  const Bytes exact = test::random_bytes(kMinChunkSize, 5);
  EXPECT_EQ(chunker.find_cut(exact, true), kMinChunkSize);
}

}  // namespace
}  // namespace snapfs
