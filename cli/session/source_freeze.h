// The file systems that the files to store are on, frozen while they are read.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "archiver/freeze/freezer.h"
#include "archiver/select/selection.h"
#include "archiver/source/frozen.h"
#include "cli/option/snapshot_options.h"
#include "fs/base/stop_token.h"

namespace snapfs {

/// What was done, for whoever asks: resolved paths, and names of snapshots.
struct FrozenSources {
  std::vector<std::string> taken;       ///< file systems and subvolumes that are read as they were
  std::vector<std::string> left_as_is;  ///< file systems with files below the targets that are not
  std::vector<std::string> failures;    ///< lines about those of them where that should be possible
  std::vector<std::string> leftovers;   ///< snapshots of killed runs, which were removed
  std::vector<std::string> stuck;       ///< lines about those that could not be
};

/// Which of what lies below the targets is read.
struct FreezeScope {
  const SourceFs& live;
  const Selection& selection;
  bool one_file_system = false;
  StopToken reading_stop;  ///< as of LocalSource
};

class SourceFreeze {
 public:
  SourceFreeze() = default;
  ~SourceFreeze() { end(); }
  SourceFreeze(const SourceFreeze&) = delete;
  SourceFreeze& operator=(const SourceFreeze&) = delete;

  /// Whether the targets are on file systems that can be frozen so, as far as it can be told
  /// without doing it. Throws Error that says what to do instead.
  static void check(const SourceSnapshotChoice& choice, std::span<const std::string> targets);

  /// To be called once, with a kind that is not kNone. Throws Error.
  void begin(const SourceSnapshotChoice& choice, std::span<const std::string> targets,
             const FreezeScope& scope, const StopToken& stop);

  /// Null before that.
  const SourceFs* source() const noexcept { return source_.get(); }
  const std::optional<FrozenSources>& what() const noexcept { return what_; }

  /// Nothing of the source may be in use. Returns a line for each snapshot that is left.
  std::vector<std::string> end() noexcept;

 private:
  std::unique_ptr<Freezer> freezer_;
  std::unique_ptr<FrozenSource> source_;
  std::optional<FrozenSources> what_;
};

}  // namespace snapfs
