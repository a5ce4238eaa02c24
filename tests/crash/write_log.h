// The log of what a program wrote into a repository, and the ways in which it could have been
// written wrongly: a sync that was forgotten, a step that comes before the one that it relies on.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/crash/file_event.h"

namespace snapfs::test {

using WriteLog = std::vector<FileEvent>;

/// A log with a fault in it.
struct FaultyLog {
  std::string fault;  ///< what is wrong
  WriteLog log;
};

/// Without one of its syncs, each in turn; those that found nothing to do are passed over.
std::vector<FaultyLog> without_a_sync(const WriteLog& log, const std::string& root,
                                      const std::string& before);

/// The same without all later syncs of the same file or directory: what is left when a later one
/// made up for it.
std::vector<FaultyLog> without_syncs_from(const WriteLog& log, const std::string& root,
                                          const std::string& before);

/// With two steps that depend on each other in the wrong order, for each two that are in it:
/// `repository` is the path of its directory.
std::vector<FaultyLog> in_wrong_order(const WriteLog& log, const std::string& repository);

}  // namespace snapfs::test
