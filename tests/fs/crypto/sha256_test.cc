// SHA-256 against FIPS 180-4's examples, and in pieces against at once.
#include "fs/crypto/sha256.h"

#include <string>

#include <gtest/gtest.h>

namespace snapfs {
namespace {

TEST(Sha256, GivesTheKnownAnswers) {
  EXPECT_EQ(sha256({}).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256(as_bytes("abc")).hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).hex(),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(as_bytes(std::string(1'000'000, 'a'))).hex(),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, InPiecesGivesTheSameAsAtOnce) {
  Bytes text(1000);
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<std::uint8_t>(i * 7);
  Sha256 hash;
  for (std::size_t piece = 1; piece <= 200; ++piece) {
    ByteView rest(text);
    while (!rest.empty()) {
      const std::size_t step = std::min(piece, rest.size());
      hash.update(rest.first(step));
      rest = rest.subspan(step);
    }
    ASSERT_EQ(hash.finish(), sha256(text)) << piece;  // and starts afresh for the next size
  }
  EXPECT_EQ(hash.finish(), sha256({}));
}

}  // namespace
}  // namespace snapfs
