// The one exception type of the project: everything that fails throws it. Who catches it knows
// what to do with that failure, looks at the code before taking anything for lost, and throws on
// what is not its business.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace snapfs {

/// What kind of failure an Error is: what callers decide on, as opposed to what people read.
enum class ErrorCode {
  kInternal,        ///< an invariant of ours is broken
  kUsage,           ///< the command line or an option is wrong
  kIo,              ///< the system refused an operation for a reason not listed below
  kNotFound,        ///< a file, blob or snapshot does not exist
  kExists,          ///< something is there that must not be
  kNoSpace,         ///< the repository's file system is full or over quota
  kPermission,      ///< access was denied
  kDamaged,         ///< stored bytes are truncated, forged, or do not match their ID
  kWrongPassword,   ///< no key file opens with the password given
  kNoRepository,    ///< there is no repository at the place named
  kLocked,          ///< another process holds a lock that excludes ours
  kUnsupported,     ///< valid, but of a version or kind we do not handle
  kOutOfResources,  ///< this machine has not enough memory, descriptors, processes or threads for
                    ///< it
  kCancelled,       ///< the operation was asked to stop
};

class Error : public std::runtime_error {
 public:
  /// `message` is one line that says what failed, on which file, and what the user can do.
  /// `subject` is the path or ID it is about, for machine-readable output; may be empty.
  Error(ErrorCode code, const std::string& message, std::string subject = {})
      : std::runtime_error(message), code_(code), subject_(std::move(subject)) {}

  ErrorCode code() const noexcept { return code_; }
  const std::string& subject() const noexcept { return subject_; }

  /// Whether the same call may succeed when it is simply made again.
  bool retryable() const noexcept { return code_ == ErrorCode::kIo; }

  /// Whether the thing it is about is known to be damaged or gone. Any other failure leaves open
  /// what is there: a storage that does not answer says nothing about what is in it, nor does a
  /// machine that is out of memory, so nobody may give a thing up because of one.
  bool means_loss() const noexcept {
    return code_ == ErrorCode::kDamaged || code_ == ErrorCode::kNotFound;
  }

 private:
  ErrorCode code_;
  std::string subject_;
};

/// The code that stands for the system's error number `error`.
ErrorCode code_from_errno(int error) noexcept;

/// Throws the Error for a failed system call: "cannot <action> <subject>: <system's words>".
[[noreturn]] void throw_errno(int error, std::string_view action, std::string_view subject);

/// The Error that says an operation was asked to stop.
Error cancelled_error();

/// The exception that is being handled, as an Error: lack of memory or threads becomes
/// kOutOfResources, what is no Error of ours kInternal. To be called in a handler only.
Error current_error();

}  // namespace snapfs
