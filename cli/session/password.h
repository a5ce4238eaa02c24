// Where the repository's password comes from: an option, the environment, or the user.
#pragma once

#include <functional>
#include <string>

#include "fs/base/bytes.h"
#include "fs/base/stop_token.h"
#include "fs/crypto/secure_memory.h"

namespace snapfs {

struct GlobalOptions;

enum class PasswordUse {
  kOpen,
  kCreate,  ///< a new password: a prompt asks for it twice
};

/// Nothing at all with --insecure-no-password; else the first of: --password-command,
/// --password-file; the variables PASSWORD_COMMAND, PASSWORD_FILE, PASSWORD, with the prefix
/// SNAPFS_ and then RESTIC_; a prompt without echo when standard input is a terminal; the first
/// line of standard input. PASSWORD is wiped from the environment, whatever the source, so that
/// neither children nor /proc show it: call it once, and before other threads read the environment.
/// Throws Error{kUsage} when the password is empty or two options contradict each other,
/// Error{kCancelled} when the prompt is interrupted.
SecureBytes read_password(const GlobalOptions& options, PasswordUse use, const StopToken& stop);

/// Has `use` open a repository with the password that read_password gives. When it was typed on a
/// terminal and `use` throws Error{kWrongPassword}, it is asked for again, three times in all.
/// Where options.known_password points somewhere, it is kept there, and is what the next call uses.
void with_password(const GlobalOptions& options, const StopToken& stop,
                   const std::function<void(ByteView password)>& use);

/// Where another password for a repository that is open comes from.
struct NewPasswordOptions {
  std::string file;   ///< empty: a prompt, twice, or the next line of standard input
  bool none = false;  ///< the user wants it to be empty
};

/// Throws Error{kUsage} when it is empty without being wanted so, or both are given.
SecureBytes read_new_password(const NewPasswordOptions& options, const StopToken& stop);

}  // namespace snapfs
