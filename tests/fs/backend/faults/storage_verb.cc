#include "tests/fs/backend/faults/storage_verb.h"

#include <algorithm>

#include "fs/base/error.h"

namespace snapfs::test {
namespace {

VerbResult right_if(bool is_right) { return is_right ? VerbResult::kRight : VerbResult::kWrong; }

/// Loads a part, or all, of what is not named by its digest, and looks at it as at a seal.
VerbResult read_sealed(StoredFiles& files, const FileKey& key, std::optional<ByteRange> range) {
  const Bytes& whole = stored_world().at(key);
  const ByteRange wanted = range.value_or(ByteRange{0, whole.size()});
  const ByteView expected = ByteView(whole).subspan(wanted.offset, wanted.length);
  const Bytes read = files.read(key, range, {}, {}, [&](Bytes bytes) {
    if (!std::ranges::equal(bytes, expected)) {
      throw Error(ErrorCode::kDamaged, describe(key) + " is damaged at " + files.location());
    }
    return bytes;
  });
  return right_if(std::ranges::equal(read, expected));
}

VerbResult list(StoredFiles& files, FileKind kind, const StoredChanges& changes = {}) {
  std::map<Id, std::uint64_t> expected;
  for (const auto& [key, bytes] : stored_world()) {
    if (key.kind == kind) expected.emplace(key.id, bytes.size());
  }
  for (const auto& [key, bytes] : changes) {
    if (bytes) expected.emplace(key.id, bytes->size());
  }
  std::map<Id, std::uint64_t> found;
  for (const FileInfo& file : files.list(kind, {})) {
    if (!found.emplace(file.id, file.size).second) return VerbResult::kWrong;
  }
  if (found.empty()) return VerbResult::kAbsent;
  return right_if(found == expected);
}

StorageVerb save(std::string name, FileKind kind, std::size_t bytes) {
  const auto file = new_file(kind, bytes);
  return {std::move(name),
          [file](StoredFiles& files, Backend&) {
            files.save(file.first, file.second, {});
            return VerbResult::kRight;
          },
          {{file.first, file.second}}};
}

StorageVerb remove(std::string name, FileKind kind, std::size_t number) {
  StoredChanges changes;
  for (std::size_t i = 0; i < number; ++i) changes.emplace(stored_key(kind, i), std::nullopt);
  return {std::move(name),
          [changes](StoredFiles& files, Backend&) {
            for (const auto& [key, nothing] : changes) files.remove(key, {});
            return VerbResult::kRight;
          },
          changes};
}

/// Ours is written, those of others are looked at, ours is removed.
StorageVerb lock() {
  const auto file = new_file(FileKind::kLock, 170);
  return {"lock",
          [file](StoredFiles& files, Backend&) {
            files.save(file.first, file.second, {});
            VerbResult result = list(files, FileKind::kLock, {{file.first, file.second}});
            if (result == VerbResult::kRight) {
              const FileKey other = stored_key(FileKind::kLock);
              result = right_if(files.load_verified(other, {}) == stored_world().at(other));
            }
            files.remove(file.first, {});
            return result;
          },
          {{file.first, std::nullopt}}};
}

std::vector<StorageVerb> make_verbs() {
  std::vector<StorageVerb> verbs;
  verbs.push_back({"create", [](StoredFiles&, Backend& storage) {
                     storage.create({});
                     return VerbResult::kRight;
                   }});
  verbs.push_back({"open", [](StoredFiles& files, Backend&) {
                     return read_sealed(files, FileKey::config(), std::nullopt);
                   }});
  verbs.push_back(
      {"list_keys", [](StoredFiles& files, Backend&) { return list(files, FileKind::kKey); }});
  verbs.push_back(
      {"list_packs", [](StoredFiles& files, Backend&) { return list(files, FileKind::kPack); }});
  verbs.push_back({"stat", [](StoredFiles& files, Backend&) {
                     const FileKey key = stored_key(FileKind::kPack, 3);
                     const auto size = files.size(key, {});
                     if (!size) return VerbResult::kAbsent;
                     return right_if(size == stored_world().at(key).size());
                   }});
  verbs.push_back({"load_snapshot", [](StoredFiles& files, Backend&) {
                     const FileKey key = stored_key(FileKind::kSnapshot, 1);
                     return right_if(files.load_verified(key, {}) == stored_world().at(key));
                   }});
  verbs.push_back({"load_index", [](StoredFiles& files, Backend&) {
                     const FileKey key = stored_key(FileKind::kIndex);
                     return right_if(files.load_verified(key, {}) == stored_world().at(key));
                   }});
  verbs.push_back(
      {"load_range", [](StoredFiles& files, Backend&) {
         return read_sealed(files, stored_key(FileKind::kPack, 5), ByteRange{1000, 5000});
       }});
  verbs.push_back({"load_ranges", [](StoredFiles& files, Backend&) {
                     for (const ByteRange range :
                          {ByteRange{0, 1}, ByteRange{3000, 1500}, ByteRange{8000, 500}}) {
                       const auto result =
                           read_sealed(files, stored_key(FileKind::kPack, 7), range);
                       if (result != VerbResult::kRight) return result;
                     }
                     return VerbResult::kRight;
                   }});
  verbs.push_back(save("save_small", FileKind::kSnapshot, 320));
  verbs.push_back(save("save_large", FileKind::kPack, 1'200'000));
  verbs.push_back(save("replace_config", FileKind::kConfig, 157));
  verbs.push_back(remove("remove", FileKind::kSnapshot, 1));
  verbs.push_back(remove("remove_many", FileKind::kPack, 4));
  verbs.push_back(lock());
  return verbs;
}

}  // namespace

const std::vector<StorageVerb>& storage_verbs() {
  static const std::vector<StorageVerb> verbs = make_verbs();
  return verbs;
}

}  // namespace snapfs::test
