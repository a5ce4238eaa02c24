// Index files: pieces of any size are read as the whole is, and what is written again is the same.
#include <algorithm>
#include <utility>

#include "fs/format/index_file.h"
#include "fs/format/index_reader.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {
namespace {

using Packs = std::vector<PackDescription>;

void require_same(const Packs& one, const Packs& other, std::string_view property) {
  const auto same = [](const PackDescription& a, const PackDescription& b) {
    return a.id == b.id && a.entries == b.entries;
  };
  require(std::ranges::equal(one, other, same), property);
}

/// What was read, and whether the end was reached.
std::pair<Packs, bool> read_in_pieces(ByteView json, unsigned version, std::size_t piece_bytes) {
  Packs packs;
  const auto whole = accepted(kDocumentCodes, [&] {
    IndexReader reader(version, [&](const PackDescription& pack) { packs.push_back(pack); });
    for (ByteView rest = json; !rest.empty();) {
      const ByteView piece = rest.first(std::min(piece_bytes, rest.size()));
      reader.write(piece);
      rest = rest.subspan(piece.size());
    }
    reader.finish();
    return true;
  });
  return {std::move(packs), whole.has_value()};
}

}  // namespace

void fuzz_one(ByteView bytes) {
  FuzzInput input(bytes);
  const unsigned version = 1 + input.byte() % 2;
  const std::size_t piece_bytes = 1 + input.byte() % 32;
  const ByteView json = input.rest();
  const auto [packs, is_whole] = read_in_pieces(json, version, json.size() + 1);
  const auto [same_packs, is_same_whole] = read_in_pieces(json, version, piece_bytes);
  require(is_whole == is_same_whole, "pieces are refused when the whole is");
  require_same(packs, same_packs, "pieces are read as the whole is");
  const std::string again = encode_index(packs);
  const auto [second, is_read] = read_in_pieces(as_bytes(again), version, again.size() + 1);
  require(is_read, "what is written is read");
  require_same(packs, second, "what is written is read as what was written");
}

std::vector<std::string> fuzz_seeds() {
  const PackDescription pack{
      Id{{1}},
      {{{BlobType::kData, Id{{2}}}, 0, 100, 0}, {{BlobType::kTree, Id{{3}}}, 100, 50, 200}}};
  const std::string id(64, 'a');
  return {"1\x05" + encode_index(Packs{pack, pack}), "0\x05" + encode_index(Packs{}),
          "1\x01"
          R"({"supersedes":[")" +
              id +
              R"("],"PACKS":[{"blobs":[{"offset":0,"length":38,)"
              R"("type":"data","id":")" +
              id + R"(","new":[{"a":"\u0041"}]}],"id":")" + id + R"("}]})",
          "0\x02 { \"packs\" : null } "};
}

}  // namespace snapfs::test
