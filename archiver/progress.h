// What a running snapshot tells about itself: counters that anyone may read at any time, warnings
// as they come, the files being read, and every item that is done if somebody wants to know.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "archiver/item_report.h"
#include "archiver/select/observer.h"
#include "archiver/source/source_error.h"

namespace snapfs {

class CurrentFile;

/// Thread-safe. What a selection tells is nothing that the snapshot lacks; it is dropped here
/// unless a derived class wants to show it.
class Progress : public SelectionObserver {
 public:
  /// An item of the source could not be read, wholly or in part; it is left out, or incomplete.
  void warn(const SourceError& failure) {
    ++errors;
    ++missing;
    show_warning(failure.subject(), failure.what());
  }

  /// The same, for what is no error of the system. `message` does not name the path.
  void warn_missing(const std::string& path, const std::string& message) {
    ++errors;
    ++missing;
    show_warning(path, path + ": " + message);
  }

  /// The repository lacks or does not yield something that it should, which made work of an item
  /// of the source; that is saved. `message` does not name the path.
  void warn_of_repository(const std::string& path, const std::string& message) {
    ++errors;
    show_warning(path, path + ": " + message);
  }

  /// Something about an item that is worth a line, though nothing of it is missing. `message` does
  /// not name the path.
  void note(const std::string& path, const std::string& message) {
    show_note(path, path + ": " + message);
  }

  /// Whether show_item is listened to: otherwise nobody need make reports.
  virtual bool wants_items() const noexcept { return false; }
  /// A file or directory is done. Called by several threads at once.
  virtual void show_item(const ItemReport& /*item*/) {}

  /// Everything was counted: the totals below are final.
  void finish_scan() {
    scan_complete = true;
    show_scan();
  }

  void rule_failed(const std::string& /*path*/, const std::string& /*message*/) override {}
  void left_out(const std::string& /*path*/, const std::string& /*message*/) override {}
  void nothing_left(const std::string& path) override {
    note(path, "the rules leave nothing of it: it is empty in the snapshot");
  }

  std::atomic<std::uint64_t> files_done = 0;
  std::atomic<std::uint64_t> bytes_done = 0;
  std::atomic<std::uint64_t> errors = 0;   ///< warnings so far
  std::atomic<std::uint64_t> missing = 0;  ///< those of them after which something is not saved

  // What there is to do: known piece by piece while the scan goes on.
  std::atomic<std::uint64_t> files_total = 0;
  std::atomic<std::uint64_t> bytes_total = 0;
  std::atomic<bool> scan_complete = false;

 private:
  /// Called by several threads at once. The message begins with the path.
  virtual void show_warning(const std::string& path, const std::string& message) = 0;
  virtual void show_note(const std::string& /*path*/, const std::string& /*message*/) {}
  virtual void show_scan() {}

  // A file's reading begins and ends. Called by several threads at once; they must be quick.
  friend class CurrentFile;
  virtual void begin_file(const CurrentFile& /*file*/) {}
  virtual void end_file(const CurrentFile& /*file*/) noexcept {}
};

/// Says that a file is being read, while it lives. Its path is only joined when it is shown.
class CurrentFile {
 public:
  /// All three must outlive this.
  CurrentFile(Progress& progress, const std::string& directory, const std::string& name)
      : progress_(progress), directory_(directory), name_(name) {
    progress_.begin_file(*this);
  }
  ~CurrentFile() { progress_.end_file(*this); }
  CurrentFile(const CurrentFile&) = delete;
  CurrentFile& operator=(const CurrentFile&) = delete;

  const std::string& directory() const noexcept { return directory_; }
  const std::string& name() const noexcept { return name_; }

 private:
  Progress& progress_;
  const std::string& directory_;
  const std::string& name_;
};

}  // namespace snapfs
