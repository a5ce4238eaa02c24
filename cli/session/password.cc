#include "cli/session/password.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/option/global_options.h"
#include "cli/option/setting.h"
#include "cli/output/output.h"
#include "cli/process/terminal.h"
#include "cli/session/password_text.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/inherited_fd.h"
#include "fs/process/child_process.h"

namespace snapfs {
namespace {

constexpr std::size_t kMaxPasswordBytes = 64 << 10;

/// Reads to the end, or to the end of the first line, straight into locked memory: no buffer of the
/// standard library keeps a copy.
SecureBytes read_secret(int fd, const std::string& name, bool first_line_only) {
  SecureBytes buffer(kMaxPasswordBytes);
  std::size_t size = 0;
  while (true) {
    if (size == kMaxPasswordBytes) {
      throw Error(
          ErrorCode::kUsage,
          fmt::format("{} holds more than {} bytes: that is no password", name, kMaxPasswordBytes),
          name);
    }
    // Byte by byte when the rest belongs to someone else.
    const std::size_t want = first_line_only ? 1 : kMaxPasswordBytes - size;
    const ssize_t got = read_waiting(fd, buffer.view().data() + size, want);
    if (got < 0) throw_errno(errno, "read the password from", name);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (first_line_only && buffer.view()[size - 1] == '\n') {
      --size;
      break;
    }
  }
  return SecureBytes::copy_of(buffer.view().first(size));
}

SecureBytes password_from_file(const std::string& path) {
  const UniqueFd fd = open_file(path, O_RDONLY);
  return password_from_file_bytes(read_secret(fd.get(), path, false).view());
}

SecureBytes password_from_command(const std::string& command) {
  ChildProcess child(split_command(command, "the password command"));
  const SecureBytes output = read_secret(child.output(), "the password command", false);
  const int status = child.wait();
  if (status != 0) {
    throw Error(ErrorCode::kUsage,
                fmt::format("the password command \"{}\" failed with status {}", command, status));
  }
  return password_from_command_output(output.view());
}

/// A line of standard input that somebody else reads on.
SecureBytes password_line() {
  SecureBytes line = read_secret(STDIN_FILENO, "standard input", true);
  const ByteView view = line.view();
  const bool carriage_return = !view.empty() && view.back() == '\r';
  return carriage_return ? SecureBytes::copy_of(view.first(view.size() - 1)) : std::move(line);
}

/// How often somebody at a terminal may mistype.
constexpr int kPromptTries = 3;

SecureBytes prompt_twice(const char* prompt, const StopToken& stop) {
  for (int left = kPromptTries; left > 0; --left) {
    SecureBytes first = prompt_secret(prompt, stop);
    if (first.view().empty()) return first;  // whoever called says what is wrong with that
    const SecureBytes second = prompt_secret("enter password again: ", stop);
    if (as_text(first.view()) == as_text(second.view())) return first;
    if (left > 1) print_error("the passwords do not match: try again");
  }
  throw Error(ErrorCode::kUsage, "the passwords do not match: nothing was done");
}

/// Whether it is the repository that another command's is to be filled from.
bool is_source(const GlobalOptions& options) { return !options.variable("").empty(); }

/// The option as it is typed for this one of two repositories.
std::string option(const GlobalOptions& options, std::string_view word) {
  return fmt::format("--{}{}{}", options.variables.empty() ? "" : "from-", word,
                     options.variables_end);
}

SecureBytes password_from_user(const GlobalOptions& options, PasswordUse use,
                               const StopToken& stop) {
  if (options.stdin_is_data) {
    throw Error(ErrorCode::kUsage,
                "standard input holds the data, so the password must come from elsewhere: give it "
                "with --password-file, --password-command or SNAPFS_PASSWORD");
  }
  if (::isatty(STDIN_FILENO) == 0) return password_line();
  if (use == PasswordUse::kOpen) {
    return prompt_secret(is_source(options) ? "enter password for source repository: "
                                            : "enter password for repository: ",
                         stop);
  }
  return prompt_twice("enter password for new repository: ", stop);
}

/// The variable's value; the variable is gone afterwards, from /proc/self/environ too.
std::optional<SecureBytes> take_secret_variable(const std::string& name) {
  char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  const std::size_t size = std::strlen(value);
  SecureBytes secret = SecureBytes::copy_of(as_bytes(std::string_view(value, size)));
  wipe({reinterpret_cast<std::uint8_t*>(value), size});
  ::unsetenv(name.c_str());
  if (size == 0) return std::nullopt;
  return secret;
}

/// What the variables of one prefix say; `plain` is the value of <prefix>PASSWORD.
std::optional<SecureBytes> password_from_variables(std::string_view prefix,
                                                   const GlobalOptions& options,
                                                   std::optional<SecureBytes> plain) {
  const auto command = environment_setting(prefix, options.variable("PASSWORD_COMMAND"));
  const auto file = environment_setting(prefix, options.variable("PASSWORD_FILE"));
  if (command && file) {
    throw Error(ErrorCode::kUsage, fmt::format("{0}{1} and {0}{2} exclude each other: unset one",
                                               prefix, options.variable("PASSWORD_COMMAND"),
                                               options.variable("PASSWORD_FILE")));
  }
  if (command) return password_from_command(*command);
  if (file) return password_from_file(*file);
  return plain;
}

/// A password, and whether it can be asked for again.
struct ChosenPassword {
  SecureBytes secret;
  bool typed = false;
};

ChosenPassword choose_password(const GlobalOptions& options, PasswordUse use,
                               const StopToken& stop) {
  // Taken first, so that no child of ours sees them, whichever source is used.
  std::vector<std::optional<SecureBytes>> plain;
  for (const std::string_view prefix : kVariablePrefixes) {
    plain.push_back(take_secret_variable(std::string(prefix) + options.variable("PASSWORD")));
  }
  if (options.insecure_no_password) {
    const auto is_set = [](const std::optional<SecureBytes>& value) { return value.has_value(); };
    if (!options.password_command.empty() || !options.password_file.empty() ||
        std::any_of(plain.begin(), plain.end(), is_set) ||
        environment_setting(options.variable("PASSWORD_FILE")) ||
        environment_setting(options.variable("PASSWORD_COMMAND"))) {
      throw Error(ErrorCode::kUsage,
                  option(options, "insecure-no-password") +
                      " contradicts the password given by another option or a variable: give one "
                      "of them");
    }
    return {};
  }
  if (!options.password_command.empty() && !options.password_file.empty()) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{} and {} exclude each other: give one",
                            option(options, "password-file"), option(options, "password-command")));
  }
  if (!options.password_command.empty()) return {password_from_command(options.password_command)};
  if (!options.password_file.empty()) return {password_from_file(options.password_file)};
  // Whatever is set under our name comes before everything under the other.
  for (std::size_t i = 0; i < plain.size(); ++i) {
    auto password = password_from_variables(kVariablePrefixes[i], options, std::move(plain[i]));
    if (password) return {*std::move(password)};
  }
  return {password_from_user(options, use, stop), ::isatty(STDIN_FILENO) != 0};
}

ChosenPassword require_password(const GlobalOptions& options, PasswordUse use,
                                const StopToken& stop) {
  ChosenPassword password = choose_password(options, use, stop);
  if (password.secret.view().empty() && !options.insecure_no_password) {
    throw Error(
        ErrorCode::kUsage,
        fmt::format("the password{} is empty: give one with {}, {} or SNAPFS_{}, or type it on "
                    "a terminal{}",
                    is_source(options) ? " of the source repository" : "",
                    option(options, "password-file"), option(options, "password-command"),
                    options.variable("PASSWORD"),
                    // The old names of a second repository's options have no such one.
                    options.variables_end.empty()
                        ? "; if it is to be so, say " + option(options, "insecure-no-password")
                        : ""));
  }
  return password;
}

}  // namespace

SecureBytes read_password(const GlobalOptions& options, PasswordUse use, const StopToken& stop) {
  return require_password(options, use, stop).secret;
}

void with_password(const GlobalOptions& options, const StopToken& stop,
                   const std::function<void(ByteView password)>& use) {
  const auto& known = options.known_password;
  if (known && !known->view().empty()) return use(known->view());
  for (int left = kPromptTries;; --left) {
    ChosenPassword password = require_password(options, PasswordUse::kOpen, stop);
    try {
      use(password.secret.view());
      if (known) *known = std::move(password.secret);
      return;
    } catch (const Error& error) {
      const bool again = error.code() == ErrorCode::kWrongPassword && password.typed && left > 1;
      if (!again) throw;
      print_error("wrong password: try again");
    }
  }
}

SecureBytes read_new_password(const NewPasswordOptions& options, const StopToken& stop) {
  if (options.none && !options.file.empty()) {
    throw Error(ErrorCode::kUsage,
                "--new-password-file and --new-insecure-no-password exclude each other: give one");
  }
  if (options.none) return {};
  SecureBytes password;
  if (!options.file.empty()) {
    password = password_from_file(options.file);
  } else if (::isatty(STDIN_FILENO) == 0) {
    password = password_line();
  } else {
    password = prompt_twice("enter new password: ", stop);
  }
  if (password.view().empty()) {
    throw Error(ErrorCode::kUsage,
                "the new password is empty: nothing was changed; say --new-insecure-no-password if "
                "the repository is to open without one");
  }
  return password;
}

}  // namespace snapfs
