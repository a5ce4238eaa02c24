#include "cli/session/id_argument.h"

#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/base/id_prefix.h"
#include "fs/repo/repository.h"

namespace snapfs {
namespace {

std::string_view word_for(FileKind kind) noexcept {
  switch (kind) {
    case FileKind::kConfig:
      return "config";
    case FileKind::kKey:
      return "key";
    case FileKind::kLock:
      return "lock";
    case FileKind::kSnapshot:
      return "snapshot";
    case FileKind::kIndex:
      return "index";
    case FileKind::kPack:
      return "pack";
  }
  return "";
}

IdPrefix checked(std::string_view text) {
  if (const auto prefix = IdPrefix::parse(text)) return *prefix;
  throw Error(
      ErrorCode::kUsage,
      fmt::format("\"{}\" is no ID: it is 64 hexadecimal digits, or the first of them", text),
      std::string(text));
}

[[noreturn]] void throw_not_found(std::string_view text, std::string_view what) {
  throw Error(ErrorCode::kNotFound, fmt::format("there is no {} \"{}\"", what, text),
              std::string(text));
}

Id only_one(const std::set<Id>& found, std::string_view text, std::string_view what) {
  if (found.empty()) throw_not_found(text, what);
  if (found.size() == 1) return *found.begin();
  throw Error(ErrorCode::kUsage,
              fmt::format("\"{}\" stands for more than one {}: give more digits", text, what),
              std::string(text));
}

}  // namespace

Id find_file(Repository& repository, FileKind kind, std::string_view text, StopToken stop) {
  const IdPrefix prefix = checked(text);
  if (prefix.is_whole()) return prefix.id();
  std::set<Id> found;
  for (const Id& id : repository.list(kind, std::move(stop))) {
    if (prefix.matches(id)) found.insert(id);
  }
  return only_one(found, text, word_for(kind));
}

void require_digits_to_remove(std::span<const std::string> names, std::string_view what) {
  constexpr std::size_t kFewest = 8;
  for (const std::string& name : names) {
    if (name.size() >= kFewest || !IdPrefix::parse(name)) continue;
    throw Error(ErrorCode::kUsage,
                fmt::format("\"{}\" is too short to remove a {} by: give at least the {} digits "
                            "that lists show",
                            name, what, kFewest),
                name);
  }
}

std::vector<BlobHandle> find_blobs(Repository& repository, std::string_view text) {
  constexpr std::string_view kBlob = "blob";
  const IdPrefix prefix = checked(text);
  std::set<Id> found;
  if (prefix.is_whole()) {
    found.insert(prefix.id());
  } else {
    const Index::Contents contents = repository.index().contents();
    for (const BlobTable& table : contents.tables) {
      table.for_each([&](const TableEntry& entry) {
        if (prefix.matches(entry.id)) found.insert(entry.id);
      });
    }
  }
  const Id id = only_one(found, text, kBlob);
  std::vector<BlobHandle> blobs;
  for (const BlobType type : {BlobType::kData, BlobType::kTree}) {
    if (repository.index().contains({type, id})) blobs.push_back({type, id});
  }
  if (blobs.empty()) throw_not_found(text, kBlob);
  return blobs;
}

}  // namespace snapfs
