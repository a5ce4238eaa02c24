#include "fs/maintain/pack_verifier.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/crypto/sha256.h"
#include "fs/format/codec.h"
#include "fs/index/index.h"

namespace snapfs {
namespace {

/// What the header says; an error's words when it cannot be read.
std::optional<std::vector<PackEntry>> read_header(Codec& codec, ByteView file,
                                                  std::vector<std::string>& problems) {
  try {
    return parse_pack_header(codec, file, file.size());
  } catch (const Error& error) {
    if (!error.means_loss()) throw;
    problems.emplace_back(error.what());
    return std::nullopt;
  }
}

/// Which of the pack's entries the index has. A blob's places are looked up once, as a pack can
/// hold any number of copies of it.
std::vector<bool> find_listed(const Index& index, const Id& pack,
                              std::span<const PackEntry> entries) {
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return entries[i].handle; });
  std::vector<bool> listed(entries.size());
  std::optional<BlobHandle> blob;
  std::vector<BlobLocation> known;
  for (const std::size_t i : order) {
    const PackEntry& entry = entries[i];
    if (blob != entry.handle) {
      blob = entry.handle;
      known = index.find(entry.handle);
      std::ranges::sort(known);
    }
    listed[i] = std::ranges::binary_search(
        known, BlobLocation{pack, entry.offset, entry.length, entry.uncompressed_length});
  }
  return listed;
}

std::string name_of(const PackEntry& entry) {
  return fmt::format("{} blob {}", to_string(entry.handle.type), entry.handle.id.hex());
}

/// Why the file does not hold the blob intact where the entry says; nothing when it does.
std::optional<std::string> problem_of(Codec& codec, HugeBlobs& huge_blobs, const PackEntry& entry,
                                      ByteView file) {
  if (std::uint64_t{entry.offset} + entry.length > file.size()) {
    return fmt::format("{} lies beyond the end of the file", name_of(entry));
  }
  const HugeBlobs::Room room(huge_blobs, std::max(entry.length, entry.uncompressed_length));
  try {
    codec.open_content(entry.handle, file.subspan(entry.offset, entry.length),
                       entry.uncompressed_length);
    return std::nullopt;
  } catch (const Error& error) {
    if (!error.means_loss()) throw;
    return fmt::format("{}: {}", name_of(entry), error.what());
  }
}

}  // namespace

std::vector<std::string> verify_blobs(Codec& codec, HugeBlobs& huge_blobs,
                                      std::span<const PackEntry> entries, ByteView file) {
  std::vector<std::string> problems;
  for (const PackEntry& entry : entries) {
    auto problem = problem_of(codec, huge_blobs, entry, file);
    if (problem) problems.push_back(*std::move(problem));
  }
  return problems;
}

PackVerdict verify_pack(Codec& codec, HugeBlobs& huge_blobs, const Index& index, const Id& id,
                        const IndexedPack& indexed, ByteView file) {
  PackVerdict verdict;
  if (sha256(file) != id) verdict.problems.emplace_back("its content does not match its name");
  const auto entries = read_header(codec, file, verdict.problems);
  if (!entries) {
    verdict.header_readable = false;
    return verdict;
  }
  std::vector<std::string> bad = verify_blobs(codec, huge_blobs, *entries, file);
  std::ranges::move(bad, std::back_inserter(verdict.problems));
  const std::vector<bool> listed = find_listed(index, id, *entries);
  for (std::size_t i = 0; i < listed.size(); ++i) {
    if (listed[i]) continue;
    verdict.problems.push_back(
        fmt::format("{} is not in the index, or at another place there", name_of((*entries)[i])));
  }
  if (entries->size() != indexed.blobs && !indexed.conflicting) {
    verdict.problems.push_back(
        fmt::format("it holds {} blobs, but the index lists {}", entries->size(), indexed.blobs));
  }
  return verdict;
}

}  // namespace snapfs
