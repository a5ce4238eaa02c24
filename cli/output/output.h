// What goes to standard output and standard error, in text or JSON. Much of it was written by
// others: names, hosts, tags, errors that quote them. So whatever goes to standard error, and all
// text that goes to a terminal, is disarmed here at the last moment (cli/output/display_text.h); a
// pipe or a file gets the bytes as they are, for programs.
#pragma once

#include <string_view>

#include "cli/process/exit_code.h"
#include "fs/base/bytes.h"
#include "fs/base/error.h"

namespace snapfs {

/// Whoever read our standard output does so no more, as head(1) does when it has enough: the
/// command ends without a word.
class OutputClosed : public Error {
 public:
  OutputClosed() : Error(ErrorCode::kIo, "nobody reads the output any more") {}
};

/// Writes to standard output. Throws Error when that fails, OutputClosed when it is a closed pipe:
/// neither must pass for success.
/// Bytes go out as they are, also to a terminal: the content of files and blobs.
void print(ByteView bytes);
void print(std::string_view text);

/// From now on what the functions of this header would write to standard error goes to syslog(3),
/// facility "daemon", line by line; print_error() without its "snapfs: ". For a process without a
/// terminal.
void send_messages_to_syslog() noexcept;

/// Lines for people, on standard error.
void print_report(std::string_view lines);

/// One line on standard error, "snapfs: <message>". Line ends in the message become blanks.
void print_error(std::string_view message);

/// Says what goes on, on standard error, for --verbose.
void print_note(std::string_view message);

/// A line of JSON on standard error.
void print_json_error(std::string_view json);

/// What the user should look at although nothing failed: print_error(), or as JSON
/// {"message_type":"warning",…}.
void print_warning(bool json, std::string_view item, std::string_view message);

/// The last word of a command that failed: the line above, or as JSON
/// {"message_type":"exit_error",…}. When we were called as restic it begins as restic's does: with
/// "Fatal: ", unless something was done.
void print_exit_error(bool json, ExitCode code, std::string_view message);

}  // namespace snapfs
