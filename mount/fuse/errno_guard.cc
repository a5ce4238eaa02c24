#include "mount/fuse/errno_guard.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <new>
#include <string>

#include "fs/base/inherited_fd.h"
#include "mount/model/ino.h"

namespace snapfs {

namespace {

std::atomic<void (*)(const std::string&)> other_log{nullptr};

/// The kernel asks page by page around damage: the same line is written once in a while only.
class Log {
 public:
  void write(std::string_view operation, std::string_view what) {
    std::string line = "mount: ";
    line.append(operation).append(": ").append(what);
    const auto now = std::chrono::steady_clock::now();
    {
      const std::lock_guard lock(mutex_);
      if (line == last_ && now < silent_until_) return;
      last_ = line;
      silent_until_ = now + std::chrono::seconds(5);
    }
    if (const auto elsewhere = other_log.load()) return elsewhere(line);
    line = "snapfs: " + line + "\n";
    [[maybe_unused]] const auto written = write_waiting(STDERR_FILENO, line.data(), line.size());
  }

 private:
  std::mutex mutex_;
  std::string last_;
  std::chrono::steady_clock::time_point silent_until_;
};

}  // namespace

void log_mount(std::string_view operation, std::string_view what) noexcept {
  static Log instance;
  try {
    instance.write(operation, what);
  } catch (const std::exception&) {
    // No memory for a line of log: the error number still reaches the reader.
  }
}

void set_mount_log(void (*write)(const std::string& line)) noexcept { other_log.store(write); }

int errno_of(const Error& error) noexcept {
  switch (error.code()) {
    case ErrorCode::kCancelled:
      return EINTR;
    case ErrorCode::kUsage:
      return EINVAL;
    case ErrorCode::kPermission:
    case ErrorCode::kWrongCredentials:
      return EACCES;
    case ErrorCode::kUnavailable:
      return ETIMEDOUT;  // not EIO, which reads as if the disk were broken
    case ErrorCode::kOutOfResources:
      return ENOMEM;
    default:
      return EIO;
  }
}

int report_current_exception(std::string_view operation) noexcept {
  try {
    throw;
  } catch (const StaleInode&) {
    return ESTALE;
  } catch (const Error& error) {
    const int number = errno_of(error);
    if (number != EINTR && number != EINVAL) log_mount(operation, error.what());
    return number;
  } catch (const std::bad_alloc&) {
    log_mount(operation, "out of memory");
    return ENOMEM;
  } catch (const std::exception& error) {
    log_mount(operation, error.what());
    return EIO;
  } catch (...) {
    log_mount(operation, "unknown error");
    return EIO;
  }
}

}  // namespace snapfs
