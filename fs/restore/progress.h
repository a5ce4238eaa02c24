// What a restore reports while it runs: counts that anybody may read, and items and errors as they
// come.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace snapfs {

enum class RestoreAction { kRestored, kUpdated, kUnchanged, kDeleted };

struct RestoredItem {
  RestoreAction action = RestoreAction::kRestored;
  std::string path;  ///< below the tree that is restored; of what is deleted, below the target
  bool is_file = false;
  std::uint64_t size = 0;  ///< files only
};

/// Directories, links and special files count as files without bytes. Thread-safe.
class RestoreProgress {
 public:
  RestoreProgress() = default;
  virtual ~RestoreProgress() = default;
  RestoreProgress(const RestoreProgress&) = delete;
  RestoreProgress& operator=(const RestoreProgress&) = delete;

  std::atomic<std::uint64_t> files_total = 0;  ///< found so far; not those that are skipped
  std::atomic<std::uint64_t> files_restored = 0;
  std::atomic<std::uint64_t> files_skipped = 0;  ///< left as they are, or only their metadata set
  std::atomic<std::uint64_t> files_deleted = 0;
  std::atomic<std::uint64_t> files_verified = 0;
  std::atomic<std::uint64_t> bytes_total = 0;
  std::atomic<std::uint64_t> bytes_restored = 0;
  std::atomic<std::uint64_t> bytes_skipped = 0;
  std::atomic<std::uint64_t> errors = 0;
  /// The most bytes of memory that the plan took at once.
  std::atomic<std::uint64_t> plan_bytes = 0;

  /// Whether show_item() is to be called.
  virtual bool wants_items() const noexcept { return false; }

  /// May be called by several threads at once, as the rest.
  virtual void show_item(const RestoredItem& item) = 0;

  /// Something that is left as it is on purpose, and that nobody would expect to be.
  virtual void report_warning(const std::string& path, const std::string& message) = 0;

  /// An item that could not be restored as it should be; the restore goes on.
  void report_error(const std::string& path, const std::string& message) {
    ++errors;
    show_error(path, message);
  }

 private:
  virtual void show_error(const std::string& path, const std::string& message) = 0;
};

}  // namespace snapfs
