// Configs: what is read and written again is the same, with the fields that other programs have.
#include "fs/format/config.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {

void fuzz_one(ByteView input) {
  const auto config = accepted(kDocumentCodes, [&] { return parse_config(input); });
  if (!config) return;
  require(config->chunker_polynomial.irreducible(), "the polynomial is irreducible");
  const std::string again = encode_config(*config);
  const Config second = parse_config(as_bytes(again));
  require(second.version == config->version && second.id == config->id &&
              second.chunker_polynomial == config->chunker_polynomial &&
              second.append_only == config->append_only && second.others == config->others,
          "what is written is read as what was written");
  require(encode_config(second) == again, "what is read is written as it was");
}

std::vector<std::string> fuzz_seeds() {
  Config config;
  config.id = Id{{1}};
  config.chunker_polynomial = Polynomial(0x3DA3358B4DC173);
  Config other = config;
  other.version = 1;
  other.others = R"("append_only":true,"x":[1,"\u00e4",{"y":null}])";
  return {encode_config(config), encode_config(other),
          R"({"VERSION":2,"Id":")" + std::string(64, 'A') +
              R"(","chunker_polynomial":"3da3358b4dc173","is_hot":false,"append_only":false,)"
              R"("append_only":true,"treepack_size":4194304})"};
}

}  // namespace snapfs::test
