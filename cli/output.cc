#include "cli/output.h"

#include <unistd.h>

#include <string>

#include "cli/json_object.h"
#include "cli/table.h"
#include "fs/base/error.h"
#include "fs/base/file.h"

namespace snapfs {
namespace {

/// Nobody is left to tell when this fails.
void write_to_stderr(const std::string& line) noexcept {
  try {
    write_all(STDERR_FILENO, as_bytes(line), "standard error");
  } catch (const Error&) {
    return;
  }
}

}  // namespace

void print(std::string_view text) { write_all(STDOUT_FILENO, as_bytes(text), "standard output"); }

void print_error(std::string_view message) {
  std::string line = "snapfs: ";
  for (const char c : message) line += c == '\n' ? ' ' : c;
  write_to_stderr(printable(line) + "\n");
}

void print_note(std::string_view message) { write_to_stderr(printable(message) + "\n"); }

void print_json_error(std::string_view json) { write_to_stderr(std::string(json) + "\n"); }

void print_exit_error(bool json, ExitCode code, std::string_view message) {
  if (!json) {
    print_error(message);
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
