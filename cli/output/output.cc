#include "cli/output/output.h"

#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <exception>
#include <string>

#include <fmt/format.h>

#include "cli/output/display_text.h"
#include "cli/output/json_object.h"
#include "cli/process/program_name.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/inherited_fd.h"

namespace snapfs {
namespace {

std::atomic<bool> use_syslog{false};

/// Nobody is left to tell when this fails.
void write_to_stderr(std::string_view lines) noexcept {
  try {
    const std::string text = disarmed(lines);
    if (use_syslog.load()) return ::syslog(LOG_NOTICE, "%s", text.c_str());
    write_all(STDERR_FILENO, as_bytes(text), "standard error");
  } catch (const std::exception&) {
    return;
  }
}

/// One line, whatever is in the message.
void print_line(std::string_view message) {
  std::string line;
  for (const char c : message) line += c == '\n' ? ' ' : c;
  write_to_stderr(printable(line) + "\n");
}

}  // namespace

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
  if (!use_syslog.load()) return write_to_stderr(lines);
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    write_to_stderr(lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
}

void print_error(std::string_view message) {
  // A log names the program itself.
  print_line(fmt::format("{}{}", use_syslog.load() ? "" : "snapfs: ", message));
}

void print_note(std::string_view message) { write_to_stderr(printable(message) + "\n"); }

void print_json_error(std::string_view json) { write_to_stderr(std::string(json) + "\n"); }

void print_exit_error(bool json, ExitCode code, std::string_view message) {
  // What calls restic looks for "Fatal: ", at the beginning of a line.
  const bool half_done = code == ExitCode::kIncomplete || code == ExitCode::kInterrupted;
  const std::string fatal =
      called_as_restic() && !half_done ? fmt::format("Fatal: {}", message) : "";
  if (!fatal.empty()) message = fatal;
  if (!json) {
    called_as_restic() ? print_line(message) : print_error(message);
    return;
  }
  JsonObject object;
  object.text("message_type", "exit_error")
      .number("code", static_cast<std::uint64_t>(code))
      .text("message", message);
  print_json_error(object.finish());
}

void print_warning(bool json, std::string_view item, std::string_view message) {
  if (!json) {
    print_error(message);
    return;
  }
  JsonObject object;
  object.text("message_type", "warning").text("message", message).text("item", item);
  print_json_error(object.finish());
}

}  // namespace snapfs
