// What rewrite and "repair snapshots" say, snapshot by snapshot.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fs/maintain/snapshot_rewriter.h"

namespace snapfs {

struct GlobalOptions;

/// Text, or with --json an object a line. Not thread-safe.
class RewriteOutput {
 public:
  /// `options` must outlive it.
  RewriteOutput(const GlobalOptions& options, const SnapshotRewriteOptions& rewrite)
      : options_(options), rewrite_(rewrite) {}

  /// Something in the snapshot that is being worked on; its path is shown to people only when
  /// `always`, or with --verbose. What is shown always is a warning with --quiet.
  void item(const std::string& path, std::string_view what, bool always);

  void begin(const Snapshot& snapshot);
  void end(const Snapshot& snapshot, const RewrittenSnapshot& result);
  void finish() const;

  /// Whether a snapshot was left as it is because nothing would be left of it.
  bool refused_any() const noexcept { return refused_ > 0; }

 private:
  void title();
  void warn(std::string_view message) const;

  const GlobalOptions& options_;
  const SnapshotRewriteOptions& rewrite_;
  const Snapshot* current_ = nullptr;
  bool titled_ = false;
  std::uint64_t seen_ = 0;
  std::uint64_t changed_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace snapfs
