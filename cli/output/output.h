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

/// How grave a message is: syslog(3)'s numbers.
enum class LogLevel : int { kError = 3, kWarning = 4, kNotice = 5, kInfo = 6 };

/// The form of what goes to standard error.
enum class LogStyle {
  kText,     ///< lines for people
  kJournal,  ///< each with "<3>" or another level in front, as systemd's journal takes them
  kJson,     ///< {"level":"error","time":…,"text":…,"item":…} on each line
};

/// Text at first.
void set_log_style(LogStyle style) noexcept;

/// kJson when that is asked for; else kJournal when standard error is a stream of the journal,
/// which JOURNAL_STREAM names; else kText.
LogStyle choose_log_style(bool json);

/// Whether lines of another form would be out of place on standard error.
bool log_is_json() noexcept;

/// From now on what the functions of this header would write to standard error goes to syslog(3),
/// facility "daemon", line by line; print_error() without its "snapfs: ". For a process without a
/// terminal.
void send_messages_to_syslog() noexcept;

/// Lines for people, on standard error.
void print_report(std::string_view lines);

/// One line on standard error, "snapfs: <message>". Line ends in the message become blanks. On a
/// terminal the name is red for an error and yellow for less, unless NO_COLOR
/// (https://no-color.org) or TERM says otherwise.
void print_error(std::string_view message);

/// The same of an item that stands for itself in JSON: "snapfs: <line>", or with `json`
/// {"message_type":"error","error":{"message":…},"during":…,"item":…}.
void print_item_error(bool json, std::string_view during, std::string_view item,
                      std::string_view message, std::string_view line);

/// Says what goes on, on standard error, for --verbose.
void print_note(std::string_view message);

/// A line on standard error as --json has it: `json`. With --log-json it is `message`, in that
/// form.
void print_json_error(LogLevel level, std::string_view json, std::string_view message);

/// What the user should look at although nothing failed: print_error(), or as JSON
/// {"message_type":"warning",…}.
void print_warning(bool json, std::string_view item, std::string_view message);

/// The last word of a command that failed: print_error()'s line, or as JSON
/// {"message_type":"exit_error",…}. When we were called as restic it begins as restic's does: with
/// "Fatal: ", unless something was done.
void print_exit_error(bool json, ExitCode code, std::string_view message);

}  // namespace snapfs
