// What a running snapshot tells about itself: counters that anyone may read at any time, and
// warnings as they come.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace snapfs {

/// Thread-safe.
class Progress {
 public:
  virtual ~Progress() = default;

  /// An item of the source could not be read, wholly or in part; it is left out, or incomplete.
  void warn(const std::string& path, const std::string& message) {
    ++errors;
    show_warning(path, message);
  }

  std::atomic<std::uint64_t> files_done = 0;
  std::atomic<std::uint64_t> bytes_done = 0;
  std::atomic<std::uint64_t> errors = 0;  ///< warnings so far

  // What there is to do: known piece by piece while the scan goes on.
  std::atomic<std::uint64_t> files_total = 0;
  std::atomic<std::uint64_t> bytes_total = 0;
  std::atomic<bool> scan_complete = false;

 private:
  /// Called by several threads at once.
  virtual void show_warning(const std::string& path, const std::string& message) = 0;
};

}  // namespace snapfs
