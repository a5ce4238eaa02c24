// A source and a repository in memory, and snapshots from one into the other.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "archiver/archiver.h"
#include "fs/backend/memory.h"
#include "fs/format/index_file.h"
#include "fs/format/index_reader.h"
#include "fs/tree/tree_reader.h"
#include "tests/support/fault_backend.h"
#include "tests/support/memory_source.h"
#include "tests/support/quick_init.h"

namespace snapfs {

class RecordingProgress final : public Progress {
 public:
  std::vector<std::string> warnings;
  std::vector<std::string> left;
  std::vector<std::string> notes;

 private:
  void left_out(const std::string& path, const std::string& /*message*/) override {
    left.push_back(path);
  }
  void show_warning(const std::string& path, const std::string& message) override {
    const std::lock_guard lock(mutex_);
    warnings.push_back(path + ": " + message);
  }

  void show_note(const std::string& path, const std::string& message) override {
    const std::lock_guard lock(mutex_);
    notes.push_back(path + ": " + message);
  }

  std::mutex mutex_;
};

class ArchiverTest : public ::testing::Test {
 protected:
  ArchiverTest() {
    Repository::init(backend_, as_bytes("password"), kQuickInit, {});
    open();
  }

  /// Opens the repository anew, so that nothing is known but what is stored.
  void open() {
    repository_ =
        std::make_unique<Repository>(faults_, as_bytes("password"), OpenOptions{}, StopToken{});
    repository_->load_index({});
  }

  Snapshot take(std::optional<Snapshot> parent = std::nullopt, StopToken stop = {}) {
    SnapshotRequest request;
    request.targets = resolve_targets(targets_, "/", source_);
    request.selection = Selection(rules_);
    request.excludes = excludes_;
    request.parent = std::move(parent);
    request.time = {clock_.now(), 0};
    request.hostname = "host";
    request.program_version = "snapfs test";
    request.workers = workers_;
    request.scan = scan_;
    request.pack_bytes = PackWriter::kMinTargetBytes;
    if (customize_) customize_(request);
    return create_snapshot(*repository_, source_, clock_, request, progress_, std::move(stop),
                           execution_);
  }

  std::vector<std::string> names_in(const Id& tree) {
    std::vector<std::string> names;
    for (const Node& node : load_tree(*repository_, tree, {})) names.push_back(node.name);
    return names;
  }

  Node node_at(const Snapshot& snapshot, const std::vector<std::string>& path) {
    Node found;
    Id tree = snapshot.tree;
    for (const std::string& name : path) {
      const std::vector<Node> nodes = load_tree(*repository_, tree, {});
      const auto node = std::ranges::find(nodes, name, &Node::name);
      if (node == nodes.end()) throw Error(ErrorCode::kNotFound, "no node " + name);
      found = *node;
      if (found.subtree) tree = *found.subtree;
    }
    return found;
  }

  std::string content_of(const Node& node) {
    std::string content;
    for (const Id& id : node.content) {
      content += as_text(repository_->load_blob({BlobType::kData, id}, {}));
    }
    return content;
  }

  /// Writes the index again without the packs whose blobs are of this type.
  void forget_packs_of(BlobType type) {
    std::vector<PackDescription> kept;
    for (const Id& id : repository_->list(FileKind::kIndex, {})) {
      const FileKey key{FileKind::kIndex, id};
      parse_index(repository_->load_file(key, {}), 2, [&](const PackDescription& pack) {
        if (pack.entries.front().handle.type != type) kept.push_back(pack);
      });
      backend_.remove(key, {});
    }
    repository_->save_file(FileKind::kIndex, as_bytes(encode_index(kept)), {});
  }

  std::size_t stored(FileKind kind) { return repository_->list(kind, {}).size(); }

  Execution execution_;
  MemoryBackend backend_;
  test::FaultBackend faults_{backend_};
  std::unique_ptr<Repository> repository_;
  MemorySource source_;
  SystemClock clock_;
  RecordingProgress progress_;
  std::vector<std::string> targets_ = {"/data"};
  SelectionRules rules_;
  std::vector<std::string> excludes_;
  unsigned workers_ = 2;
  bool scan_ = false;
  std::function<void(SnapshotRequest&)> customize_;  ///< the last word on every request
};

/// Bytes without a pattern, the same for the same seed; those of two seeds share no chunk.
inline std::string pseudo_random(std::size_t size, std::uint64_t seed = 1) {
  std::string bytes(size, '\0');
  std::uint64_t state = seed;
  for (char& byte : bytes) {
    state = state * 6364136223846793005 + 1442695040888963407;
    byte = static_cast<char>(state >> 56);
  }
  return bytes;
}

}  // namespace snapfs
