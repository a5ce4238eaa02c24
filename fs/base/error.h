// The one exception type of the project: everything that fails throws it. Code that
// catches it knows what to do with that failure, looks at the code before taking anything for lost,
// and throws on what is not its business.
#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace snapfs {

/// What kind of failure an Error is: what callers decide on, as opposed to what people read.
enum class ErrorCode {
  kInternal,     ///< an invariant of ours is broken
  kUsage,        ///< the command line or an option is wrong
  kIo,           ///< the system could not do it, for a reason not listed below: a bad sector
  kNotFound,     ///< a file, blob or snapshot does not exist
  kExists,       ///< something is there that must not be
  kNoSpace,      ///< the repository's file system is full or over quota
  kPermission,   ///< access was denied
  kUnavailable,  ///< the storage did not answer, or asked to be left alone for a while: the only
                 ///< failure after which the same call is worth making again
  kWrongCredentials,  ///< the storage does not know who asks, or we do not know who answers for it
  kDamaged,           ///< stored bytes are truncated, forged, or do not match their ID
  kWrongPassword,     ///< no key file opens with the password given
  kNoRepository,      ///< there is no repository at the place named
  kLocked,            ///< another process holds a lock that excludes ours
  kUnsupported,       ///< valid, but of a version or kind we do not handle
  kOutOfResources,    ///< this machine has not enough memory, descriptors, processes or threads for
                      ///< it
  kCancelled,         ///< the operation was asked to stop
};

class Error : public std::runtime_error {
 public:
  /// `message` is one line that says what failed, on which file, and what the user can do.
  /// `subject` is the path or ID it is about, for machine-readable output; may be empty.
  Error(ErrorCode code, const std::string& message, std::string subject = {})
      : std::runtime_error(message), code_(code), subject_(std::move(subject)) {}

  ErrorCode code() const noexcept { return code_; }
  const std::string& subject() const noexcept { return subject_; }

  /// How long a storage that is kUnavailable asked to be left alone; nothing when it did not say.
  std::optional<std::chrono::milliseconds> retry_after() const noexcept { return retry_after_; }

  /// The same Error with that said.
  Error with_retry_after(std::chrono::milliseconds wait) const {
    Error result = *this;
    result.retry_after_ = wait;
    return result;
  }

  /// Whether the same call may succeed when it is simply made again, later.
  bool retryable() const noexcept { return code_ == ErrorCode::kUnavailable; }

  /// Whether the thing it is about is known to be damaged or gone. Any other failure leaves open
  /// what is there: a storage that does not answer says nothing about what is in it, nor does a
  /// machine that is out of memory, so nobody may give a thing up because of one.
  bool means_loss() const noexcept {
    return code_ == ErrorCode::kDamaged || code_ == ErrorCode::kNotFound;
  }

  /// Whether another copy of the same bytes is worth asking for: this one is lost, or the disk
  /// cannot read just these sectors. After any other failure the other copies would fail, too.
  bool concerns_one_copy() const noexcept { return means_loss() || code_ == ErrorCode::kIo; }

  /// Whether it would meet everything else that a run has still to do, so that the run has to end
  /// with it: a stop, or a storage that does not answer or does not let us in.
  bool ends_the_run() const noexcept {
    return code_ == ErrorCode::kCancelled || code_ == ErrorCode::kUnavailable ||
           code_ == ErrorCode::kWrongCredentials;
  }

 private:
  ErrorCode code_;
  std::string subject_;
  std::optional<std::chrono::milliseconds> retry_after_;
};

/// The code that stands for the system's error number `error`; never kUnavailable: a file system
/// that lost its server may as well be that of one file to save or to restore.
ErrorCode code_from_errno(int error) noexcept;

/// Throws the Error for a failed system call: "cannot <action> <subject>: <system's words>".
[[noreturn]] void throw_errno(int error, std::string_view action, std::string_view subject);

/// The Error that says an operation was asked to stop.
Error cancelled_error();

/// The exception that is being handled, as an Error: lack of memory or threads becomes
/// kOutOfResources, what is no Error of ours kInternal. To be called in a handler only.
Error current_error();

}  // namespace snapfs
