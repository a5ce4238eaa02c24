// What find shows: entries by snapshot, or the places where blobs are used.
#pragma once

#include <memory>
#include <string>

#include "cli/output/text_output.h"
#include "fs/base/id.h"
#include "fs/format/blob.h"
#include "fs/tree/node.h"
#include "fs/tree/snapshot.h"

namespace snapfs {

/// Hears of what is found, snapshot by snapshot.
class FindOutput {
 public:
  virtual ~FindOutput() = default;

  /// From now on everything is in this snapshot, which outlives the output.
  void begin(const Snapshot& snapshot) { snapshot_ = &snapshot; }

  /// `node` is null when only paths are shown.
  virtual void entry(const std::string& path, const Node* node) = 0;

  /// `path` leads to a file that has the data blob, or to the directory that the tree is. `parent`
  /// is the tree that a file is an entry of.
  virtual void blob(const BlobHandle& blob, const std::string& path, const Id& parent) = 0;

  virtual void finish() = 0;

 protected:
  const Snapshot& snapshot() const noexcept { return *snapshot_; }

 private:
  const Snapshot* snapshot_ = nullptr;
};

struct FindLineStyle {
  bool titles = true;
  bool long_format = false;
  bool human_sizes = false;
};

/// `output` must outlive it; so for the other.
std::unique_ptr<FindOutput> make_find_lines(TextOutput& output, const FindLineStyle& style);

/// One JSON array: of snapshots with their matches, or of blobs.
std::unique_ptr<FindOutput> make_find_json(TextOutput& output);

}  // namespace snapfs
