// A SnapshotFs without a kernel at noon of a certain day, for the tests of the views.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/time/clock.h"
#include "fs/time/timezone.h"
#include "mount/model/snapshot_fs.h"
#include "tests/support/fault_backend.h"
#include "tests/support/repository_maker.h"

namespace snapfs::test {

using Names = std::vector<std::string>;

/// Noon, 23 November 2026, UTC.
class Noon final : public Clock {
 public:
  Timestamp now() const override { return {1'795'435'200, 0}; }
};

class ViewsTest : public ::testing::Test {
 protected:
  /// Mounts what was made so far; snapshots are looked for at every access.
  SnapshotFs& fs() {
    if (!fs_) {
      reader_ = maker_.open();
      options_.view.refresh_interval = std::chrono::milliseconds(0);
      options_.view.warn = [this](std::string_view line) { warnings_.emplace_back(line); };
      options_.view.clock = &clock_;
      options_.view.zone = &zone_;
      fs_.emplace(*reader_, options_, StopToken{});
    }
    return *fs_;
  }

  std::optional<Entry> find(const Names& path) {
    std::optional<Entry> entry = fs().entry(kRootIno);
    for (const std::string& name : path) {
      entry = fs().lookup(entry->ino, name);
      if (!entry) return std::nullopt;
    }
    return entry;
  }

  Ino ino(const Names& path) { return find(path).value().ino; }

  Names list(const Names& path) {
    const auto directory = fs().open_directory(ino(path));
    Names names;
    for (std::size_t i = 0; i < directory->size(); ++i) names.emplace_back(directory->name(i));
    return names;
  }

  std::string read(const Names& path) {
    const Entry file = find(path).value();
    std::string text;
    for (const FileSlice::Piece& piece : fs().read(file.ino, 0, 1 << 20).pieces) {
      text += as_text(piece.bytes);
    }
    EXPECT_EQ(file.attributes.size, text.size());
    return text;
  }

  Node file(std::string name, std::string_view content) {
    return maker_.make_file(std::move(name), {content});
  }
  Node directory(std::string name, std::vector<Node> nodes) {
    return make_directory(std::move(name), maker_.add_tree(std::move(nodes)));
  }
  Snapshot snapshot(std::string_view time, std::vector<Node> nodes,
                    std::vector<std::string> tags = {}, std::string host = "alpha") {
    return maker_.add_snapshot(maker_.add_tree(std::move(nodes)), time, std::move(host),
                               std::move(tags));
  }

  MemoryBackend backend_;
  FaultBackend faults_{backend_};
  RepositoryMaker maker_{faults_};
  Noon clock_;
  TimeZone zone_;
  SnapshotFsOptions options_;
  std::unique_ptr<Repository> reader_;
  std::optional<SnapshotFs> fs_;
  std::vector<std::string> warnings_;
};

}  // namespace snapfs::test
