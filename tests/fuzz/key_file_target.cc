// Key files, and the master keys that one seals: what is read and written again is the same.
#include "fs/crypto/cipher.h"
#include "fs/format/key_file.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {
namespace {

/// The cheapest that is allowed.
constexpr ScryptParameters kCheap{.n = 2, .r = 1, .p = 1};

const Bytes& salt() {
  static const Bytes bytes(KeyFile::kSaltSize, 1);
  return bytes;
}

void try_file(ByteView json) {
  const auto file = accepted(kDocumentCodes, [&] { return parse_key_file(json); });
  if (!file) return;
  require(file->kdf.valid(), "the parameters that are read are within bounds");
  (void)file->kdf.customary();
  const std::string again = encode_key_file(*file);
  require(encode_key_file(parse_key_file(as_bytes(again))) == again,
          "what is written is read as what was written");
}

void try_master_keys(ByteView json) {
  static const Keys user = derive_keys({}, salt(), kCheap, {});
  static Cipher cipher(user);
  KeyFile file;
  file.kdf = kCheap;
  file.salt = salt();
  file.data.resize(json.size() + Cipher::kOverhead);
  cipher.seal(json, file.data);
  const auto keys = accepted({ErrorCode::kDamaged, ErrorCode::kUnsupported},
                             [&] { return open_key_file(file, {}); });
  if (!keys) return;
  const std::string again = encode_master_keys(*keys);
  file.data.resize(again.size() + Cipher::kOverhead);
  cipher.seal(as_bytes(again), file.data);
  require(encode_master_keys(open_key_file(file, {})) == again,
          "the keys that are written are read as what was written");
}

}  // namespace

void fuzz_one(ByteView bytes) {
  FuzzInput input(bytes);
  if (input.byte() == 'm') {
    try_master_keys(input.rest());
  } else {
    try_file(input.rest());
  }
}

std::vector<std::string> fuzz_seeds() {
  KeyFile file;
  file.created = "2026-01-01T00:00:00Z";
  file.username = "me";
  file.hostname = "host";
  file.salt = salt();
  file.data = Bytes(100, 2);
  Bytes secret(Keys::kSize, 3);
  const Keys keys(SecureBytes::copy_of(secret));
  return {"f" + encode_key_file(file), "m" + encode_master_keys(keys),
          R"(f{"KDF":"scrypt","n":1,"N":1024,"r":1,"p":1,"data":"","salt":")" +
              std::string(85, 'A') + R"(A==","created":null})"};
}

}  // namespace snapfs::test
