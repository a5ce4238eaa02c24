#include "cli/output/output.h"

#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <string>

#include <fmt/format.h>

#include "cli/output/display_text.h"
#include "cli/output/json_object.h"
#include "cli/process/program_name.h"
#include "cli/process/terminal.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/inherited_fd.h"
#include "fs/time/clock.h"
#include "fs/time/rfc3339.h"
#include "fs/time/timezone.h"

namespace snapfs {
namespace {

std::atomic<bool> use_syslog{false};
std::atomic<LogStyle> log_style{LogStyle::kText};

/// Nobody is left to tell when this fails. The text is disarmed already.
void write_to_stderr(LogLevel level, const std::string& text) noexcept {
  try {
    if (use_syslog.load()) {
      return ::syslog(level == LogLevel::kInfo ? LOG_INFO : static_cast<int>(level), "%s",
                      text.c_str());
    }
    write_all(STDERR_FILENO, as_bytes(text), "standard error");
  } catch (const std::exception&) {
    return;
  }
}

std::string one_line(std::string_view message) {
  std::string line;
  for (const char c : message) line += c == '\n' ? ' ' : c;
  return printable(line);
}

bool wants_colour() {
  const char* const refused = std::getenv("NO_COLOR");
  return (refused == nullptr || *refused == '\0') && can_rewrite_lines(STDERR_FILENO);
}

/// What stands in front of a message for people. A log names the program itself.
std::string prefix_for(LogLevel level) {
  if (use_syslog.load()) return "";
  if (log_style.load() == LogStyle::kJournal) return "";
  if (!wants_colour()) return "snapfs: ";
  return level == LogLevel::kError ? "\x1b[31msnapfs:\x1b[0m " : "\x1b[33msnapfs:\x1b[0m ";
}

/// A line in the journal's form begins with its level.
std::string level_mark(LogLevel level) {
  if (use_syslog.load() || log_style.load() != LogStyle::kJournal) return "";
  return fmt::format("<{}>", static_cast<int>(level));
}

std::string_view word_of(LogLevel level) {
  switch (level) {
    case LogLevel::kError:
      return "error";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kNotice:
      return "notice";
    case LogLevel::kInfo:
      break;
  }
  return "info";
}

/// False when messages have another form.
bool log_as_json(LogLevel level, std::string_view text, std::string_view item) {
  if (use_syslog.load() || log_style.load() != LogStyle::kJson) return false;
  JsonObject object;
  object.text("level", word_of(level))
      .text("time", format_rfc3339(TimeZone::local().at(SystemClock{}.now())))
      .text("text", text);
  if (!item.empty()) object.text("item", item);
  write_to_stderr(level, disarmed(object.finish() + "\n"));
  return true;
}

/// One line, whatever is in the message.
void print_line(LogLevel level, std::string_view prefix, std::string_view message,
                std::string_view item = {}) {
  if (log_as_json(level, message, item)) return;
  write_to_stderr(level, fmt::format("{}{}{}\n", level_mark(level), prefix, one_line(message)));
}

/// `json` in the form of --json.
void print_json_line(LogLevel level, std::string_view json, std::string_view message,
                     std::string_view item) {
  if (log_as_json(level, message, item)) return;
  write_to_stderr(level, level_mark(level) + disarmed(std::string(json) + "\n"));
}

}  // namespace

void set_log_style(LogStyle style) noexcept { log_style.store(style); }

bool log_is_json() noexcept { return log_style.load() == LogStyle::kJson; }

LogStyle choose_log_style(bool json) {
  if (json) return LogStyle::kJson;
  // "device:inode" of what systemd connected the stream to (systemd.exec(5)).
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return LogStyle::kText;
  return fmt::format("{}:{}", status.st_dev, status.st_ino) == stream ? LogStyle::kJournal
                                                                      : LogStyle::kText;
}

void print(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write_waiting(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      throw OutputClosed();
    } else {
      throw_errno(errno, "write", "standard output");
    }
  }
}

void print(std::string_view text) {
  if (::isatty(STDOUT_FILENO) == 1) {
    print(as_bytes(disarmed(text)));
  } else {
    print(as_bytes(text));
  }
}

void send_messages_to_syslog() noexcept {
  ::openlog("snapfs", LOG_PID, LOG_DAEMON);
  use_syslog.store(true);
}

void print_report(std::string_view lines) {
  if (log_as_json(LogLevel::kNotice, lines, "")) return;
  if (!use_syslog.load() && log_style.load() == LogStyle::kText) {
    return write_to_stderr(LogLevel::kNotice, disarmed(lines));
  }
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    if (end > 0) print_line(LogLevel::kNotice, "", lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
}

void print_error(std::string_view message) {
  print_line(LogLevel::kError, prefix_for(LogLevel::kError), message);
}

void print_item_error(bool json, std::string_view during, std::string_view item,
                      std::string_view message, std::string_view line) {
  constexpr LogLevel kLevel = LogLevel::kError;
  if (!json) return print_line(kLevel, prefix_for(kLevel), line, item);
  JsonObject reason;
  reason.text("message", message);
  JsonObject object;
  object.text("message_type", "error")
      .raw("error", reason.finish())
      .text("during", during)
      .text("item", item);
  print_json_line(kLevel, object.finish(), message, item);
}

void print_note(std::string_view message) { print_line(LogLevel::kInfo, "", message); }

void print_json_error(LogLevel level, std::string_view json, std::string_view message) {
  print_json_line(level, json, message, "");
}

void print_exit_error(bool json, ExitCode code, std::string_view message) {
  // What calls restic looks for "Fatal: ", at the beginning of a line.
  const bool half_done = code == ExitCode::kIncomplete || code == ExitCode::kInterrupted;
  const std::string fatal =
      called_as_restic() && !half_done ? fmt::format("Fatal: {}", message) : "";
  if (!fatal.empty()) message = fatal;
  constexpr LogLevel kLevel = LogLevel::kError;
  if (!json) return print_line(kLevel, called_as_restic() ? "" : prefix_for(kLevel), message);
  JsonObject object;
  object.text("message_type", "exit_error")
      .number("code", static_cast<std::uint64_t>(code))
      .text("message", message);
  print_json_line(kLevel, object.finish(), message, "");
}

void print_warning(bool json, std::string_view item, std::string_view message) {
  constexpr LogLevel kLevel = LogLevel::kWarning;
  if (!json) return print_line(kLevel, prefix_for(kLevel), message, item);
  JsonObject object;
  object.text("message_type", "warning").text("message", message).text("item", item);
  print_json_line(kLevel, object.finish(), message, item);
}

}  // namespace snapfs
