#include "fs/format/key_file.h"

#include <algorithm>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/crypto/base64.h"
#include "fs/crypto/cipher.h"
#include "fs/crypto/random.h"
#include "fs/format/json_fields.h"
#include "fs/format/json_writer.h"
#include "fs/time/rfc3339.h"

namespace snapfs {
namespace {

void copy_key(const JsonFields& fields, std::string_view name, MutByteView out) {
  Bytes bytes = fields.base64(name);
  if (bytes.size() != out.size()) fields.fail(fmt::format("its '{}' is no key", name));
  std::ranges::copy(bytes, out.begin());
  wipe(bytes);
}

Keys parse_master(ByteView json) {
  const JsonFields fields(json, "a key file's master key");
  const JsonFields mac = fields.object("mac");
  SecureBytes secret(Keys::kSize);
  const MutByteView out = secret.view();
  copy_key(fields, "encrypt", out.first(Keys::kEncryptSize));
  copy_key(mac, "k", out.subspan(Keys::kEncryptSize, Keys::kMacKSize));
  copy_key(mac, "r", out.last(Keys::kMacRSize));
  return Keys(std::move(secret));
}

std::uint32_t number32(const JsonFields& fields, std::string_view key) {
  const std::uint64_t value = fields.number(key);
  if (value > UINT32_MAX) fields.fail(fmt::format("'{}' is too large", key));
  return static_cast<std::uint32_t>(value);
}

}  // namespace

std::string encode_master_keys(const Keys& keys) {
  std::string json;
  json.reserve(256);  // never moved, so that no copy is left behind unwiped
  json += R"({"mac":{"k":")";
  append_base64(json, keys.mac_k());
  json += R"(","r":")";
  append_base64(json, keys.mac_r());
  json += R"("},"encrypt":")";
  append_base64(json, keys.encrypt());
  json += R"("})";
  return json;
}

KeyFile make_key_file(const Keys& master, ByteView password, const ScryptParameters& parameters,
                      const ZonedTime& created, std::string username, std::string hostname) {
  KeyFile file;
  file.created = format_rfc3339(created);
  file.username = std::move(username);
  file.hostname = std::move(hostname);
  file.kdf = parameters;
  file.salt.resize(KeyFile::kSaltSize);
  fill_random(file.salt);
  const Keys user = derive_keys(password, file.salt, parameters, {});
  std::string json = encode_master_keys(master);
  file.data.resize(json.size() + Cipher::kOverhead);
  Cipher cipher(user);
  cipher.seal(as_bytes(json), file.data);
  // What this seals is the only copy of the master keys.
  SecureBytes opened(json.size());
  const bool intact =
      cipher.open(file.data, opened.view()) && std::ranges::equal(opened.view(), as_bytes(json));
  wipe({reinterpret_cast<std::uint8_t*>(json.data()), json.size()});
  if (!intact) {
    throw Error(ErrorCode::kInternal,
                "a key just sealed cannot be opened again; memory or processor may be faulty");
  }
  return file;
}

Keys open_key_file(const KeyFile& file, ByteView password, const StopToken& stop) {
  if (file.data.size() < Cipher::kOverhead) {
    throw Error(ErrorCode::kDamaged, "a key file's data is too short");
  }
  const Keys user = derive_keys(password, file.salt, file.kdf, stop);
  SecureBytes json(file.data.size() - Cipher::kOverhead);
  if (!Cipher(user).open(file.data, json.view())) {
    throw Error(ErrorCode::kWrongPassword, "wrong password for this key");
  }
  return parse_master(json.view());
}

std::string encode_key_file(const KeyFile& file) {
  std::string json = R"({"created":)";
  append_json_string(json, file.created);
  json += R"(,"username":)";
  append_json_string(json, file.username);
  json += R"(,"hostname":)";
  append_json_string(json, file.hostname);
  json += fmt::format(R"(,"kdf":"scrypt","N":{},"r":{},"p":{},"salt":")", file.kdf.n, file.kdf.r,
                      file.kdf.p);
  append_base64(json, file.salt);
  json += R"(","data":")";
  append_base64(json, file.data);
  json += R"("})";
  return json;
}

KeyFile parse_key_file(ByteView json) {
  const JsonFields fields(json, "the key file");
  if (fields.text("kdf") != "scrypt") {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("the key derivation \"{}\" is not known; a newer program wrote it",
                            fields.text("kdf")));
  }
  KeyFile file;
  file.created = fields.text_or("created", "");
  file.username = fields.text_or("username", "");
  file.hostname = fields.text_or("hostname", "");
  file.kdf = {fields.number("N"), number32(fields, "r"), number32(fields, "p")};
  if (!file.kdf.valid()) fields.fail("its scrypt parameters are out of range");
  file.salt = fields.base64("salt");
  if (file.salt.size() != KeyFile::kSaltSize) fields.fail("its salt is not 64 bytes");
  file.data = fields.base64("data");
  return file;
}

}  // namespace snapfs
