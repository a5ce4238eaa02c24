// What decides whether a file is read again (FORMAT §13.4).
#pragma once

namespace snapfs {

/// Which differences to the parent's node do not count, on file systems where they mean nothing.
struct UnchangedRule {
  bool ignore_ctime = false;
  bool ignore_inode = false;  ///< the change time is not looked at either
};

}  // namespace snapfs
