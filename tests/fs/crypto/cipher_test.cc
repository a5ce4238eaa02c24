// Sealed messages: published vectors, round trips, and everything that must be refused.
#include "fs/crypto/cipher.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "fs/crypto/random.h"
#include "tests/support/hex_bytes.h"

namespace snapfs {
namespace {

using test::from_hex;

constexpr std::string_view kVectorEncrypt =
    "303e8687b1d7db18421bdc6bb8588ccadac4d59ee87b8ff70c44e635790cafef";
constexpr std::string_view kVectorMac =
    "ef4d8824cb80b2bcc5fbff8a9b12a42c cc8d4b948ee0ebfe1d415de921d10353";
constexpr std::string_view kVectorMessage =
    "69fb41c62d12def4593bd71757138606338f621aeaeb39da0fe4f99233f8037a"
    "54ea63338a813bcf3f75d8c3cc75dddf8750";

Keys keys_of(std::string_view encrypt, std::string_view mac) {
  Bytes secret = from_hex(encrypt);
  append(secret, from_hex(mac));
  return Keys(SecureBytes::copy_of(secret));
}

Bytes seal(Cipher& cipher, ByteView plain) {
  Bytes sealed(plain.size() + Cipher::kOverhead);
  cipher.seal(plain, sealed);
  return sealed;
}

std::optional<Bytes> open(Cipher& cipher, ByteView sealed) {
  Bytes plain(sealed.size() < Cipher::kOverhead ? 0 : sealed.size() - Cipher::kOverhead);
  if (!cipher.open(sealed, plain)) return std::nullopt;
  return plain;
}

TEST(Cipher, OpensTheReferenceProgramsMessage) {
  const Keys keys = keys_of(kVectorEncrypt, kVectorMac);
  Cipher cipher(keys);
  const auto plain = open(cipher, from_hex(kVectorMessage));
  ASSERT_TRUE(plain);
  EXPECT_EQ(as_text(*plain), "Dies ist ein Test!");
}

TEST(Cipher, AgreesWithThePoly1305AesPaper) {
  // D. J. Bernstein, "The Poly1305-AES message-authentication code", appendix B.
  const Keys keys =
      keys_of(kVectorEncrypt, "ec074c835580741701425b623235add6 851fc40c3467ac0be05cc20404f3f700");
  Cipher cipher(keys);
  Bytes sealed = from_hex("fb447350c4e868c52ac3275cf9d4327e f3f6 f4c633c3044fc145f84f335cb81953de");
  EXPECT_TRUE(open(cipher, sealed));
  sealed.back() ^= 1;
  EXPECT_FALSE(open(cipher, sealed));
}

TEST(Cipher, OpensWhatItSealedAtEverySize) {
  const Keys keys = Keys::random();
  Cipher cipher(keys);
  Cipher other(keys);
  Bytes plain(100'000);
  fill_random(plain);
  std::vector<std::size_t> sizes{1023, 1024, 1025, 4095, 4096, 4097, 65'535, 65'536, 99'999};
  for (std::size_t size = 0; size < 300; ++size) sizes.push_back(size);
  for (std::size_t size = 300; size <= plain.size(); size += 997) sizes.push_back(size);
  for (const std::size_t size : sizes) {
    const ByteView part = ByteView(plain).first(size);
    const Bytes sealed = seal(cipher, part);
    const auto opened = open(other, sealed);
    ASSERT_TRUE(opened) << size;
    ASSERT_TRUE(std::ranges::equal(*opened, part)) << size;
  }
}

TEST(Cipher, RefusesAnyFlippedBitAndLeavesTheOutputAlone) {
  const Keys keys = Keys::random();
  Cipher cipher(keys);
  Bytes sealed = seal(cipher, as_bytes("a message of more than a block"));
  Bytes out(sealed.size() - Cipher::kOverhead, 0xaa);
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    sealed[bit / 8] ^= 1U << bit % 8;
    ASSERT_FALSE(cipher.open(sealed, out)) << "bit " << bit;
    sealed[bit / 8] ^= 1U << bit % 8;
  }
  EXPECT_EQ(out, Bytes(out.size(), 0xaa));
  EXPECT_TRUE(cipher.open(sealed, out));
}

TEST(Cipher, RefusesWhatIsTooShortOrCutOff) {
  const Keys keys = Keys::random();
  Cipher cipher(keys);
  const Bytes sealed = seal(cipher, as_bytes("four"));
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(open(cipher, ByteView(sealed).first(size))) << size;
  }
  EXPECT_FALSE(open(cipher, ByteView(sealed).subspan(1)));
}

TEST(Cipher, RefusesOtherKeys) {
  const Keys keys = Keys::random();
  const Keys others = Keys::random();
  Cipher cipher(keys);
  Cipher other(others);
  EXPECT_FALSE(open(other, seal(cipher, as_bytes("text"))));
}

TEST(Cipher, RefusesAZeroNonceThoughItsTagIsRight) {
  // The tag of the empty message under nonce n is AES-128_k(n). For k = 000102…0f (FIPS 197,
  // appendix C.1) and n = 0 that is c6a13b37878f5b826f4f8162a1c8d879.
  const Keys keys =
      keys_of(kVectorEncrypt, "000102030405060708090a0b0c0d0e0f cc8d4b948ee0ebfe1d415de921d10353");
  Cipher cipher(keys);
  EXPECT_FALSE(
      open(cipher, from_hex("00000000000000000000000000000000 c6a13b37878f5b826f4f8162a1c8d879")));
  // The same with FIPS 197's own block as the nonce, to show that it is the nonce that matters.
  EXPECT_TRUE(
      open(cipher, from_hex("00112233445566778899aabbccddeeff 69c4e0d86a7b0430d8cdb78070b4c55a")));
}

TEST(Cipher, NeverUsesANonceTwice) {
  constexpr std::size_t kMessages = 1'000'000;
  using Nonce = std::array<std::uint8_t, Cipher::kNonceSize>;
  const Keys keys = Keys::random();
  Cipher cipher(keys);
  std::vector<Nonce> nonces(kMessages);
  std::array<std::uint8_t, Cipher::kOverhead> sealed;
  for (Nonce& nonce : nonces) {
    cipher.seal({}, sealed);
    std::memcpy(nonce.data(), sealed.data(), nonce.size());
  }
  std::ranges::sort(nonces);
  EXPECT_EQ(std::ranges::adjacent_find(nonces), nonces.end());
}

}  // namespace
}  // namespace snapfs
