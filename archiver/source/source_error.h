// What goes wrong with the data being saved, as opposed to the repository it is saved into. The
// archiver's per-item policy (warn, leave the item out, exit 3) applies to this type alone.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>

#include "fs/base/error.h"

namespace snapfs {

/// A failure to read one item of the source; `subject` is its path.
class SourceError : public Error {
 public:
  /// `error_number` is the system's, or 0 if no system call failed.
  SourceError(int error_number, const std::string& message, std::string path)
      : Error(error_number == 0 ? ErrorCode::kIo : code_from_errno(error_number), message,
              std::move(path)),
        error_number_(error_number) {}

  int error_number() const noexcept { return error_number_; }

  /// The item is not there: never was, or was removed while the source was read. An item that
  /// became something else has not vanished.
  bool vanished() const noexcept { return error_number_ == ENOENT; }

 private:
  int error_number_;
};

/// The error of a failed system call: "cannot <action> <path>: <system's words>". Throws a plain
/// Error instead when the fault is not the source's but ours: no descriptors or memory left. A run
/// that went on would leave out what is perfectly readable.
SourceError source_error(int error_number, std::string_view action, std::string_view path);

}  // namespace snapfs
