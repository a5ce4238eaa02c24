// What goes wrong with the data being saved, as opposed to the repository it is saved into. The
// archiver's per-item policy (warn, leave the item out, exit 3) applies to this type alone.
#pragma once

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

#include "fs/base/error.h"

namespace snapfs {

/// A failure to read one item of the source; `subject` is its path, with which what() begins.
class SourceError : public Error {
 public:
  /// `error_number` is the system's, or 0 if no system call failed. `message` is what() without
  /// the path.
  SourceError(int error_number, std::string_view message, const std::string& path)
      : Error(error_number == 0 ? ErrorCode::kIo : code_from_errno(error_number),
              path + ": " + std::string(message), path),
        error_number_(error_number) {}

  int error_number() const noexcept { return error_number_; }

  /// The item is not there: never was, or was removed while the source was read. An item that
  /// became something else has not vanished.
  bool vanished() const noexcept { return error_number_ == ENOENT; }

 private:
  int error_number_;
};

/// The error of a failed system call: "<path>: cannot <action>: <system's words>". Throws a plain
/// Error instead when the fault is not the source's but ours: no descriptors or memory left. A run
/// that went on would leave out what is perfectly readable.
SourceError source_error(int error_number, std::string_view action, const std::string& path);

/// Of what was to be read as a regular file, or listed as a directory, and is something else: a
/// type of `mode`, as in stat(2). `error_number` as above.
SourceError wrong_type_error(int error_number, std::uint32_t mode, std::string_view action,
                             const std::string& path);

}  // namespace snapfs
