// The one place where errors become error numbers: every operation computes its answer inside
// guard() and replies outside of it.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "fs/base/error.h"

namespace snapfs {

/// The error number a reader of the mount sees. A blob that is not there is EIO, as a damaged one
/// is: the file exists, its content cannot be had.
int errno_of(const Error& error) noexcept;

/// Writes one line, `mount: <operation>: <what>`, unless it is what was written last moments ago:
/// to standard error, led by "snapfs: ", or to where set_mount_log() says. Thread-safe.
void log_mount(std::string_view operation, std::string_view what) noexcept;

/// Has `write` called with the lines, without newlines, from any thread; null: standard error.
void set_mount_log(void (*write)(const std::string& line)) noexcept;

/// The number for the exception being handled; call it in a catch block. Logs it unless it is
/// no failure of the repository.
int report_current_exception(std::string_view operation) noexcept;

/// Runs `compute` and hands its result on; nothing when it threw: `fail` was then called with the
/// error number. `operation`: what is said of it in the log, or a function that returns that.
template <class Operation, class Fail, class Compute>
auto guard(const Operation& operation, Fail&& fail, Compute&& compute)
    -> std::optional<std::invoke_result_t<Compute>> {
  int error = 0;
  try {
    return std::forward<Compute>(compute)();
  } catch (...) {
    if constexpr (std::is_invocable_v<Operation>) {
      error = report_current_exception(operation());
    } else {
      error = report_current_exception(operation);
    }
  }
  std::forward<Fail>(fail)(error);
  return std::nullopt;
}

}  // namespace snapfs
