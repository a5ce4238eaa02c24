#include "tests/fs/backend/faults/stored_world.h"

#include <stdexcept>

#include "fs/crypto/sha256.h"

namespace snapfs::test {
namespace {

Bytes content(std::size_t size, std::uint32_t seed) {
  Bytes bytes(size);
  std::uint32_t state = seed * 2654435761U + 1;
  for (std::uint8_t& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<std::uint8_t>(state >> 24);
  }
  return bytes;
}

StoredMap make_world() {
  StoredMap world;
  std::uint32_t seed = 0;
  const auto add = [&](FileKind kind, std::size_t size) {
    Bytes bytes = content(size, ++seed);
    const Id id = kind == FileKind::kConfig ? Id{} : sha256(bytes);
    world.emplace(FileKey{kind, id}, std::move(bytes));
  };
  add(FileKind::kConfig, 155);
  add(FileKind::kKey, 450);
  add(FileKind::kLock, 160);
  for (int i = 0; i < 3; ++i) add(FileKind::kSnapshot, 300 + i);
  add(FileKind::kIndex, 150'000);
  for (int i = 0; i < 12; ++i) add(FileKind::kPack, 9'000 + 100 * i);
  return world;
}

std::string name_of(const FileKey& key) { return path_of(key); }

}  // namespace

const StoredMap& stored_world() {
  static const StoredMap world = make_world();
  return world;
}

FileKey stored_key(FileKind kind, std::size_t number) {
  for (const auto& [key, bytes] : stored_world()) {
    if (key.kind == kind && number-- == 0) return key;
  }
  throw std::out_of_range("no such file in the world");
}

std::pair<FileKey, Bytes> new_file(FileKind kind, std::size_t bytes) {
  Bytes made = content(bytes, 1000 + static_cast<std::uint32_t>(kind));
  const Id id = kind == FileKind::kConfig ? Id{} : sha256(made);
  return {FileKey{kind, id}, std::move(made)};
}

::testing::AssertionResult nothing_was_lost(const ReadStored& read, const StoredChanges& changes,
                                            bool succeeded, bool saves_atomically) {
  for (const auto& [key, bytes] : stored_world()) {
    if (changes.contains(key)) continue;
    if (read(key) != bytes) {
      return ::testing::AssertionFailure() << name_of(key) << " is not what it was";
    }
  }
  for (const auto& [key, wanted] : changes) {
    const std::optional<Bytes> found = read(key);
    if (found == wanted) continue;
    if (succeeded) return ::testing::AssertionFailure() << name_of(key) << " was not changed";
    const auto before = stored_world().find(key);
    const bool is_new = before == stored_world().end();
    // A call that failed may have stored a new file all the same, or a part of it.
    const bool is_fine =
        is_new ? !found || !saves_atomically || sha256(*found) == key.id : found == before->second;
    if (!is_fine) {
      return ::testing::AssertionFailure()
             << name_of(key) << (found ? " is neither old nor new" : " is gone");
    }
  }
  return ::testing::AssertionSuccess();
}

}  // namespace snapfs::test
