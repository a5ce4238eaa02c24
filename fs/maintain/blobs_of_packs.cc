#include "fs/maintain/blobs_of_packs.h"

#include <algorithm>
#include <tuple>

#include "fs/index/index.h"

namespace snapfs {

std::unordered_map<Id, std::vector<PackEntry>> blobs_of_packs(Index& index,
                                                              const std::unordered_set<Id>& packs) {
  std::unordered_map<Id, std::vector<PackEntry>> found;
  if (packs.empty()) return found;
  const Index::Contents contents = index.contents();
  std::vector<bool> wanted;
  wanted.reserve(contents.packs.size());
  for (const Id& pack : contents.packs) wanted.push_back(packs.contains(pack));
  for (const BlobType type : {BlobType::kData, BlobType::kTree}) {
    contents.tables[static_cast<std::size_t>(type)].for_each([&](const TableEntry& entry) {
      if (!wanted[entry.pack]) return;
      found[contents.packs[entry.pack]].push_back(
          {{type, entry.id}, entry.offset, entry.length, entry.uncompressed_length});
    });
  }
  const auto by_place = [](const PackEntry& a, const PackEntry& b) {
    return std::tie(a.offset, a.handle, a.length, a.uncompressed_length) <
           std::tie(b.offset, b.handle, b.length, b.uncompressed_length);
  };
  for (auto& [pack, entries] : found) {
    std::ranges::sort(entries, by_place);
    entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  }
  return found;
}

}  // namespace snapfs
