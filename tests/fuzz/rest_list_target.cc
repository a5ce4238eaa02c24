// What a REST server answers when it is asked for its files, in both versions of the protocol.
#include <fmt/format.h>

#include "fs/backend/rest/rest_list.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {
namespace {

constexpr std::string_view kLocation = "rest:http://host/";

void try_sized(ByteView json) {
  const auto parse = [](ByteView text) { return parse_sized_list(text, kLocation); };
  const auto files = accepted({ErrorCode::kUnsupported}, [&] { return parse(json); });
  if (!files) return;
  std::string again = "[";
  for (const FileInfo& file : *files) {
    again += fmt::format(R"({}{{"name":"{}","size":{}}})", again.size() > 1 ? "," : "",
                         file.id.hex(), file.size);
  }
  const auto second = parse(as_bytes(again + "]"));
  require(second.size() == files->size(), "as many files are read again");
  for (std::size_t i = 0; i < second.size(); ++i) {
    require(second[i].id == (*files)[i].id && second[i].size == (*files)[i].size,
            "the same files are read again");
  }
}

void try_names(ByteView json) {
  const auto ids =
      accepted({ErrorCode::kUnsupported}, [&] { return parse_name_list(json, kLocation); });
  require(!ids || ids->size() <= json.size() / 64, "each name stands in the text");
}

}  // namespace

void fuzz_one(ByteView bytes) {
  FuzzInput input(bytes);
  if (input.byte() == '1') {
    try_names(input.rest());
  } else {
    try_sized(input.rest());
  }
}

std::vector<std::string> fuzz_seeds() {
  const std::string id(64, 'a');
  return {R"(1[")" + id + R"(",")" + std::string(64, 'b') + R"("])",
          "1null",
          "1[]",
          R"(1["lock","../x",")" + std::string(64, 'A') + R"("])",
          R"(2[{"name":")" + id + R"(","size":123},{"size":18446744073709551615,"Name":")" + id +
              R"("}])",
          R"(2[{"name":"tmp"},{"name":")" + id + R"(","size":1,"mode":[1,{"a":"b"}]}])",
          "2 [ ] "};
}

}  // namespace snapfs::test
