// The file system of a repository, without a kernel, for the tests of it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "mount/model/snapshot_fs.h"
#include "tests/support/fault_backend.h"
#include "tests/support/repository_maker.h"

namespace snapfs::test {

inline std::string text_of(const FileSlice& slice) {
  std::string text;
  for (const FileSlice::Piece& piece : slice.pieces) text += as_text(piece.bytes);
  return text;
}

class SnapshotFsTest : public ::testing::Test {
 protected:
  /// Mounts what was made so far. Unless told otherwise, snapshots are looked for at every access.
  SnapshotFs& fs() {
    if (!fs_) {
      reader_ = maker_.open();
      SnapshotFsOptions options;
      options.view.refresh_interval = refresh_interval_;
      options.tree_cache_bytes = tree_cache_bytes_;
      options.reader.blob_cache_bytes = blob_cache_bytes_;
      options.reader.failure_memory = std::chrono::milliseconds(0);
      options.view.warn = [this](std::string_view line) { warnings_.emplace_back(line); };
      fs_.emplace(*reader_, options, StopToken{});
    }
    return *fs_;
  }

  std::optional<Entry> find(const std::vector<std::string>& path, Ino from = kRootIno) {
    std::optional<Entry> entry = fs().entry(from);
    for (const std::string& name : path) {
      entry = fs().lookup(entry->ino, name);
      if (!entry) return std::nullopt;
    }
    return entry;
  }

  Ino ino(const std::vector<std::string>& path, Ino from = kRootIno) {
    return find(path, from).value().ino;
  }

  /// The only snapshot's root.
  Ino root_of(const Snapshot& snapshot) { return ino({"ids", snapshot.id.short_hex()}); }

  MemoryBackend backend_;
  FaultBackend faults_{backend_};
  RepositoryMaker maker_{faults_};
  std::chrono::milliseconds refresh_interval_{0};
  std::size_t tree_cache_bytes_ = SnapshotFsOptions{}.tree_cache_bytes;
  std::size_t blob_cache_bytes_ = ReaderOptions{}.blob_cache_bytes;
  std::unique_ptr<Repository> reader_;
  std::optional<SnapshotFs> fs_;
  std::vector<std::string> warnings_;
};

}  // namespace snapfs::test
