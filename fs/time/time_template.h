// Names of snapshots by a layout of the user's choosing: the moment Mon Jan 2 15:04:05 -0700 MST
// 2006 written the way times are to be written (Go's time.Format, which restic's mount uses).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fs/time/timestamp.h"

namespace snapfs {

/// A value; immutable, so thread-safe.
class TimeTemplate {
 public:
  /// To the second, in the zone that the time was recorded in. Without colons, which rsync, tar,
  /// overlayfs, Samba and container runtimes take for something else in a path.
  static constexpr std::string_view kUsual = "2006-01-02T15-04-05Z0700";

  /// kUsual.
  TimeTemplate() : TimeTemplate(kUsual) {}

  /// All tokens of Go's layouts. Any other text stands for itself; a slash makes directories.
  /// Throws Error{kUsage} when the layout shows nothing of the time, begins or ends with a slash,
  /// or has a verb of strftime(3).
  explicit TimeTemplate(std::string_view layout);

  /// The abbreviation of a zone is recorded nowhere: MST is UTC or, as Go has it then, the offset.
  std::string format(const ZonedTime& time) const;

 private:
  struct Piece {
    int token = 0;     ///< 0: `text` as it is
    std::string text;  ///< the token as it was written, too
  };

  std::vector<Piece> pieces_;
};

}  // namespace snapfs
