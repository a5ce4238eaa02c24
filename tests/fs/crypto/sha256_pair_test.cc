// Digests in pairs against digests one by one, and against FIPS 180-4's examples. Where the
// processor does not interleave, the same is true of the fallback.
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "fs/crypto/sha256.h"

namespace snapfs {
namespace {

Bytes random_bytes(std::size_t size) {
  std::mt19937_64 engine(size + 1);
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(engine());
  return bytes;
}

void expect_right(ByteView first, ByteView second) {
  const auto [a, b] = sha256_pair(first, second);
  ASSERT_EQ(a, sha256(first)) << first.size() << " and " << second.size();
  ASSERT_EQ(b, sha256(second)) << first.size() << " and " << second.size();
}

TEST(Sha256Pair, GivesTheKnownAnswersOnEitherSide) {
  const std::string million(1'000'000, 'a');
  const std::pair<std::string_view, std::string_view> known[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmn"
       "opq"
       "rsmnopqrstnopqrstu",
       "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
      {million, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"}};
  for (const auto& [first, first_digest] : known) {
    for (const auto& [second, second_digest] : known) {
      const auto [a, b] = sha256_pair(as_bytes(first), as_bytes(second));
      EXPECT_EQ(a.hex(), first_digest);
      EXPECT_EQ(b.hex(), second_digest);
    }
  }
}

TEST(Sha256Pair, AgreesForAllShortLengths) {
  constexpr std::size_t kLongest = 300;
  const Bytes text = random_bytes(2 * kLongest);
  std::vector<Id> expected_first;
  std::vector<Id> expected_second;
  for (std::size_t length = 0; length <= kLongest; ++length) {
    expected_first.push_back(sha256(ByteView(text).first(length)));
    expected_second.push_back(sha256(ByteView(text).last(length)));
  }
  for (std::size_t first = 0; first <= kLongest; ++first) {
    for (std::size_t second = 0; second <= kLongest; ++second) {
      const auto [a, b] = sha256_pair(ByteView(text).first(first), ByteView(text).last(second));
      ASSERT_EQ(a, expected_first[first]) << first << " and " << second;
      ASSERT_EQ(b, expected_second[second]) << first << " and " << second;
    }
  }
}

TEST(Sha256Pair, AgreesForLongMessagesOfDifferentLengthsAndAlignments) {
  const Bytes text = random_bytes(300'000);
  std::mt19937_64 engine(7);
  for (int round = 0; round < 200; ++round) {
    const auto view = [&] {
      const std::size_t start = engine() % 1000;
      // As many short ones as long ones.
      return ByteView(text).subspan(start, engine() % (std::size_t{1} << (4 + engine() % 15)));
    };
    const ByteView first = view();
    expect_right(first, view());
  }
  expect_right(text, {});
  expect_right({}, text);
  expect_right(text, text);
}

}  // namespace
}  // namespace snapfs
