#include "fs/backend/sftp/ssh_program.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "fs/backend/sftp/ssh_failure.h"
#include "fs/base/deadline.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

/// How long a program that has closed its output may take to say why.
constexpr std::chrono::milliseconds kLastWords{1000};
constexpr std::size_t kMostErrors = 8 << 10;
constexpr int kInterruptedStatus = 128 + SIGINT;

/// Ours, of a pipe: the program's is as it was.
void do_not_block(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

void keep_end(std::string& text, std::size_t most) {
  if (text.size() > most) text.erase(0, text.size() - most);
}

}  // namespace

SshProgram::SshProgram(const std::vector<std::string>& command, bool may_ask, const StopToken& stop)
    : name_(command.front()) {
  throw_if_stopped(stop);
  ChildOptions options;
  options.input = ChildInput::kPipe;
  options.errors = ChildErrors::kPipe;
  options.terminal = may_ask ? ChildTerminal::kLent : ChildTerminal::kNone;
  options.secrets = ChildSecrets::kNone;
  try {
    child_ = std::make_unique<ChildProcess>(command, options);
  } catch (const Error& error) {
    // A program that is missing says nothing of what is stored.
    if (error.code() == ErrorCode::kOutOfResources) throw;
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{}: install OpenSSH's client, or name another program with the "
                            "option sftp.command",
                            error.what()));
  }
  for (const int fd : {child_->input(), child_->output(), child_->errors()}) do_not_block(fd);
}

void SshProgram::read_errors() {
  std::array<char, 4096> buffer;
  ssize_t got = 0;
  while ((got = ::read(child_->errors(), buffer.data(), buffer.size())) > 0) {
    said_.append(buffer.data(), static_cast<std::size_t>(got));
    keep_end(said_, kMostErrors);
  }
  const bool comes_later = got < 0 && (errno == EAGAIN || errno == EINTR);
  if (!comes_later) errors_ended_ = true;
}

void SshProgram::throw_end(bool had_answered) {
  child_->close_input();
  int status = 0;
  try {
    status = within(kLastWords, [this](const StopToken& stop) { return child_->wait(stop); });
  } catch (const Error&) {
    throw Error(ErrorCode::kUnavailable, name_ + " closed the connection to the SFTP server");
  }
  read_errors();
  if (!had_answered && status == kInterruptedStatus) throw cancelled_error();
  throw ssh_failure({name_, status, said_, had_answered});
}

}  // namespace snapfs
