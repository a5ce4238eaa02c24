// scrypt against RFC 7914 §12 and a key that the reference program derived.
#include "fs/crypto/kdf.h"

#include <thread>

#include <gtest/gtest.h>

#include "fs/base/hex.h"
#include "fs/crypto/base64.h"
#include "fs/crypto/calibrate_scrypt.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;

std::string derive(std::string_view password, ByteView salt, const ScryptParameters& parameters) {
  const Keys keys = derive_keys(as_bytes(password), salt, parameters, {});
  return to_hex(keys.encrypt()) + to_hex(keys.mac_k()) + to_hex(keys.mac_r());
}

TEST(DeriveKeys, GivesTheAnswersOfRfc7914) {
  EXPECT_EQ(derive("", {}, {16, 1, 1}),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
            "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
  EXPECT_EQ(derive("password", as_bytes("NaCl"), {1024, 8, 16}),
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
            "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
}

TEST(DeriveKeys, GivesTheKeyOfARealKeyFile) {
  const auto salt = parse_base64(
      "yhvcSuHyqHZcMtCClC3NoV1LeEYFfZHWZenaAU5hCqzImLo9gXNJeDbgC/Nb4bLgXmWW6StCyWSHUT6oRHT+pw==");
  ASSERT_TRUE(salt);
  EXPECT_EQ(derive("x", *salt, {32768, 8, 4}),
            "f451de2eb9f6d1d9b6171f1b9e24e3e941f0213ab0ee8652a46396f7b687893c"
            "dc7d2f2f6eea647a538ddb8dd7a73b5bd5155eebbfe3f9098e1f1a94d154871f");
}

TEST(ScryptParameters, AreBoundAsTheFormatSays) {
  constexpr std::uint64_t kTwo31 = std::uint64_t{1} << 31;
  EXPECT_TRUE((ScryptParameters{32768, 8, 10}.valid()));
  EXPECT_TRUE((ScryptParameters{2, 1, 1}.valid()));
  EXPECT_TRUE((ScryptParameters{1 << 20, 8, 1}.valid()));   // 128 · r · N = 2^30
  EXPECT_FALSE((ScryptParameters{1 << 21, 8, 1}.valid()));  // 2^31
  EXPECT_TRUE((ScryptParameters{2, 1, (1 << 24) - 1}.valid()));
  EXPECT_FALSE((ScryptParameters{2, 1, 1 << 24}.valid()));  // 128 · r · p = 2^31
  for (const std::uint64_t n : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{3},
                                std::uint64_t{32767}, kTwo31, kTwo31 << 1, kTwo31 << 32}) {
    EXPECT_FALSE((ScryptParameters{n, 8, 1}.valid())) << n;
  }
  EXPECT_FALSE((ScryptParameters{1024, 0, 1}.valid()));
  EXPECT_FALSE((ScryptParameters{1024, 8, 0}.valid()));
  EXPECT_FALSE((ScryptParameters{1024, UINT32_MAX, 1}.valid()));
  EXPECT_FALSE((ScryptParameters{1024, 1, UINT32_MAX}.valid()));
  EXPECT_FALSE((ScryptParameters{1024, UINT32_MAX, UINT32_MAX}.valid()));
}

TEST(DeriveKeys, RefusesParametersOutOfRange) {
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "out of range", [] { derive("x", {}, {3, 8, 1}); }));
}

TEST(DeriveKeys, EndsWhenItIsToldTo) {
  // Many lanes, one that takes long, and one block that does.
  for (const ScryptParameters parameters :
       {ScryptParameters{1 << 14, 8, 1 << 20}, ScryptParameters{1 << 20, 8, 1},
        ScryptParameters{2, 1 << 22, 1}}) {
    StopSource stop;
    std::jthread other([&] {
      EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] {
        for (;;) derive_keys(as_bytes("x"), {}, parameters, stop.get_token());
      }));
    });
    stop.request_stop();
  }
}

TEST(ScryptParameters, AreCustomaryAsFarAsProgramsChooseThem) {
  EXPECT_TRUE(ScryptParameters{}.customary());
  EXPECT_TRUE((ScryptParameters{32768, 8, 64}.customary()));    // a very fast machine
  EXPECT_TRUE((ScryptParameters{65536, 8, 10}.customary()));    // 64 MiB
  EXPECT_TRUE((ScryptParameters{1 << 17, 8, 1}.customary()));   // rustic's
  EXPECT_FALSE((ScryptParameters{1 << 19, 8, 1}.customary()));  // 512 MiB
  EXPECT_FALSE((ScryptParameters{32768, 8, 1 << 10}.customary()));
  EXPECT_FALSE((ScryptParameters{2, 1 << 22, 1}.customary()));        // 1 GiB
  EXPECT_FALSE((ScryptParameters{2, 1, (1 << 23) - 1}.customary()));  // as much, for little work
}

TEST(CalibrateScrypt, StaysWithinTheFormatsBounds) {
  const ScryptParameters parameters = calibrate_scrypt(std::chrono::milliseconds(1));
  EXPECT_TRUE(parameters.valid());
  EXPECT_EQ(parameters.r, 8U);
  EXPECT_GE(parameters.n, 1024U);
  EXPECT_LE(parameters.n, 32768U);
}

}  // namespace
}  // namespace snapfs
