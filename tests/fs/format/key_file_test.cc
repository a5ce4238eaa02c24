// Key files: the real one, our own, and damaged ones.
#include "fs/format/key_file.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "fs/crypto/sha256.h"
#include "tests/support/fails_with.h"
#include "tests/support/real_repository.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::kRealKey;

constexpr ScryptParameters kQuick{2, 1, 1};

bool same_keys(const Keys& a, const Keys& b) {
  return std::ranges::equal(a.encrypt(), b.encrypt()) && std::ranges::equal(a.mac_k(), b.mac_k()) &&
         std::ranges::equal(a.mac_r(), b.mac_r());
}

TEST(KeyFile, OpensTheReferenceProgramsKey) {
  const KeyFile file = parse_key_file(as_bytes(kRealKey));
  EXPECT_EQ(sha256(as_bytes(kRealKey)).hex(), test::kRealKeyId);
  EXPECT_TRUE(same_keys(open_key_file(file, as_bytes("x")), test::real_master()));
  EXPECT_EQ(encode_key_file(file), kRealKey);
}

TEST(KeyFile, OpensWithItsPasswordOnly) {
  const Keys master = Keys::random();
  const KeyFile made =
      make_key_file(master, as_bytes("secret"), kQuick, {{1'700'000'000, 5}, 3600}, "u", "h\"<");
  const std::string json = encode_key_file(made);
  const KeyFile read = parse_key_file(as_bytes(json));
  EXPECT_EQ(read.created, "2023-11-14T23:13:20.000000005+01:00");
  EXPECT_EQ(read.username, "u");
  EXPECT_EQ(read.hostname, "h\"<");
  EXPECT_TRUE(same_keys(open_key_file(read, as_bytes("secret")), master));
  for (const std::string_view wrong : {"", "secre", "secret ", "Secret"}) {
    EXPECT_TRUE(
        fails_with(ErrorCode::kWrongPassword, [&] { open_key_file(read, as_bytes(wrong)); }));
  }
}

TEST(KeyFile, WritesEmptyNames) {
  const KeyFile file = make_key_file(Keys::random(), as_bytes("x"), kQuick, {}, "", "");
  EXPECT_NE(encode_key_file(file).find(R"("username":"","hostname":"","kdf":"scrypt","N":2,)"),
            std::string::npos);
}

TEST(KeyFile, RefusesEveryTruncation) {
  for (std::size_t size = 0; size < kRealKey.size(); ++size) {
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "key file", [&] {
      parse_key_file(as_bytes(kRealKey.substr(0, size)));
    })) << size;
  }
}

TEST(KeyFile, AnotherDerivationIsNoDamage) {
  std::string json(kRealKey);
  json.replace(json.find("scrypt"), 6, "argon2");
  EXPECT_TRUE(
      fails_with(ErrorCode::kUnsupported, "argon2", [&] { parse_key_file(as_bytes(json)); }));
}

TEST(KeyFile, RefusesFieldsThatCannotBe) {
  const auto with = [](std::string_view old, std::string_view replacement) {
    std::string json(kRealKey);
    return json.replace(json.find(old), old.size(), replacement);
  };
  for (const std::string& json :
       {with("\"scrypt\"", "2"), with("32768", "32767"), with("32768", "0"), with("32768", "-1"),
        with("32768", "1e3"), with("32768", "99999999999999999999"),
        with("\"r\":8", "\"r\":4294967304"), with("\"p\":4", "\"p\":0"), with("yhvc", "yhv"),
        with("yhvc", ""), with("yhvc", "!hvc"), with("\"data\"", "\"date\""),
        with("\"N\"", "\"M\"")}) {
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "key file", [&] {
      parse_key_file(as_bytes(json));
    })) << json;
  }
}

TEST(KeyFile, RefusesDataTooShortToBeSealed) {
  KeyFile file = make_key_file(Keys::random(), as_bytes("x"), kQuick, {}, "", "");
  for (const std::size_t size : {0, 1, 31}) {
    file.data.resize(size);
    EXPECT_TRUE(
        fails_with(ErrorCode::kDamaged, "too short", [&] { open_key_file(file, as_bytes("x")); }));
  }
}

}  // namespace
}  // namespace snapfs
