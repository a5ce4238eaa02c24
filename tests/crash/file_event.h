// What a program did to the files below a directory, as a list that can be written down and read
// again: the log from which disk_model.h says what a power cut may leave.
#pragma once

#include <cstdint>
#include <istream>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace snapfs::test {

enum class EventKind {
  kCreate,  ///< an empty file that was not there
  kMkdir,   ///< a directory that was not there
  kWrite,   ///< `data` at `offset`
  kResize,  ///< the file ends at `offset` now
  kSync,    ///< fsync(2) of a file or a directory
  kRename,  ///< `path` is called `other` now
  kLink,    ///< `path` is called `other`, too
  kUnlink,
  kRmdir,
  kSymlink,  ///< `path` leads to `other`
  kTell,     ///< `data` went to the standard output
};

/// Only what succeeded is an event. Paths are absolute.
struct FileEvent {
  EventKind kind = EventKind::kTell;
  std::string path = {};
  std::string other = {};
  std::uint64_t offset = 0;
  std::string data = {};
};

std::string_view name_of(EventKind kind);

/// One line for people: what was done, and to which file.
std::string to_text(const FileEvent& event);

void write_event(std::ostream& out, const FileEvent& event);

/// Throws std::runtime_error for what write_event did not write.
std::vector<FileEvent> read_events(std::istream& in);

}  // namespace snapfs::test
