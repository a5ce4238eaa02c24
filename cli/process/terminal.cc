#include "cli/process/terminal.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/inherited_fd.h"

namespace snapfs {
namespace {

constexpr std::size_t kMaxLineBytes = 4096;  // what the kernel's line editor takes

/// Turns the terminal's echo off while it lives.
class NoEcho {
 public:
  explicit NoEcho(int fd) : fd_(fd) {
    if (::tcgetattr(fd_, &before_) != 0) throw_errno(errno, "set up", "the terminal");
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ICANON | ISIG;
    if (::tcsetattr(fd_, TCSAFLUSH, &quiet) != 0) throw_errno(errno, "set up", "the terminal");
  }
  ~NoEcho() { ::tcsetattr(fd_, TCSAFLUSH, &before_); }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  int fd_;
  termios before_{};
};

void say(std::string_view text) { write_all(STDERR_FILENO, as_bytes(text), "standard error"); }

/// Waits until `fd` can be read; throws Error{kCancelled} when stopped first.
void wait_readable(int fd, const StopToken& stop) {
  const UniqueFd stopped(::eventfd(0, EFD_CLOEXEC));
  if (!stopped) throw_errno(errno, "wait for", "the terminal");
  const std::stop_callback wake(stop, [&stopped] { ::eventfd_write(stopped.get(), 1); });
  pollfd polled[] = {{fd, POLLIN, 0}, {stopped.get(), POLLIN, 0}};
  while (::poll(polled, 2, -1) < 0) {
    if (errno != EINTR) throw_errno(errno, "wait for", "the terminal");
  }
  throw_if_stopped(stop);
}

}  // namespace

bool can_rewrite_lines(int fd) {
  if (::isatty(fd) == 0) return false;
  const char* kind = std::getenv("TERM");
  return kind != nullptr && *kind != '\0' && std::string_view(kind) != "dumb";
}

TerminalSize terminal_size(int fd) {
  winsize size{};
  TerminalSize known;
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0) return known;
  if (size.ws_col != 0) known.columns = size.ws_col;
  if (size.ws_row != 0) known.rows = size.ws_row;
  return known;
}

SecureBytes prompt_secret(std::string_view question, const StopToken& stop) {
  SecureBytes line(kMaxLineBytes);
  ssize_t got = 0;
  {
    const NoEcho no_echo(STDIN_FILENO);
    say(question);
    wait_readable(STDIN_FILENO, stop);
    got = read_waiting(STDIN_FILENO, line.view().data(), line.view().size());
  }
  say("\n");
  if (got < 0) throw_errno(errno, "read the password from", "the terminal");
  auto size = static_cast<std::size_t>(got);
  if (size > 0 && line.view()[size - 1] == '\n') --size;
  return SecureBytes::copy_of(line.view().first(size));
}

}  // namespace snapfs
