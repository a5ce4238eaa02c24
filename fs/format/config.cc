#include "fs/format/config.h"

#include <algorithm>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/crypto/random.h"
#include "fs/format/codec.h"
#include "fs/format/json_fields.h"

namespace snapfs {
namespace {

/// rustic can keep a repository in two places, of which the hot one, on storage that is quick,
/// lacks the packs of data: it looks like a repository that lost them.
void require_complete(const JsonFields& fields) {
  if (!fields.flag_or("is_hot", false)) return;
  throw Error(ErrorCode::kUnsupported,
              "this is the hot part of a repository that rustic keeps in two places (is_hot), "
              "without the packs of data: name the cold part, which is complete");
}

}  // namespace

Config Config::create(unsigned version) {
  Config config;
  config.version = version;
  fill_random(config.id.bytes);
  config.chunker_polynomial = Polynomial::random();
  return config;
}

std::string encode_config(const Config& config) {
  return fmt::format(R"({{"version":{},"id":"{}","chunker_polynomial":"{}"{}{}}})", config.version,
                     config.id.hex(), config.chunker_polynomial.hex(),
                     config.others.empty() ? "" : ",", config.others);
}

Config parse_config(ByteView json) {
  const JsonFields fields(json, "the repository's config");
  const std::uint64_t version = fields.number("version");
  if (version < Config::kMinVersion || version > Config::kMaxVersion) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("the repository has version {}; this program knows {} and {}", version,
                            Config::kMinVersion, Config::kMaxVersion));
  }
  Config config;
  config.version = static_cast<unsigned>(version);
  const std::optional<Id> id = Id::parse(fields.text("id"));
  if (!id) fields.fail("its ID is not 64 hexadecimal digits");
  config.id = *id;
  const auto polynomial = Polynomial::parse(fields.text("chunker_polynomial"));
  if (!polynomial || polynomial->degree() > Polynomial::kChunkerDegree ||
      !polynomial->irreducible()) {
    fields.fail("its chunker polynomial is not irreducible");
  }
  config.chunker_polynomial = *polynomial;
  require_complete(fields);
  config.append_only = fields.flag_or("append_only", false);
  config.others = fields.others({"version", "id", "chunker_polynomial"});
  return config;
}

Bytes seal_config(const Config& config, const Keys& master) {
  Codec codec(master, {.version = config.version});
  const std::string json = encode_config(config);
  Bytes sealed = codec.seal_raw(as_bytes(json));
  if (!std::ranges::equal(codec.open_raw(sealed), as_bytes(json))) {
    throw Error(
        ErrorCode::kInternal,
        "a config just sealed does not open to the same bytes; memory or processor may be faulty");
  }
  return sealed;
}

Config open_config(ByteView stored, const Keys& master) {
  Codec codec(master, {});
  return parse_config(codec.open_raw(stored));
}

}  // namespace snapfs
