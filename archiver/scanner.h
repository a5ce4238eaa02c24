// Counts what a snapshot will have to look at, beside the run, so that progress can say how much is
// left. It never decides anything.
#pragma once

#include <thread>

#include "archiver/progress.h"
#include "archiver/select/selection.h"
#include "archiver/source/source_fs.h"
#include "archiver/targets.h"

namespace snapfs {

/// Scans in a thread of its own while it lives, if the system gives one. Errors are ignored: the
/// walker meets them, too.
class Scanner {
 public:
  /// Adds to the totals of `progress`; everything must outlive the scanner.
  Scanner(const SourceFs& source, const TargetTree& targets, const Selection& selection,
          Progress& progress);

 private:
  std::jthread thread_;
};

}  // namespace snapfs
