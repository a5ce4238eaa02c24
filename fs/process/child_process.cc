#include "fs/process/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "fs/base/blocked_signals.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\n'; }

/// Frees what posix_spawn wants to be initialised.
struct SpawnSetup {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;

  SpawnSetup() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  ~SpawnSetup() {
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
};

/// A descriptor that becomes readable when the process ends; empty when the kernel is older than
/// 5.3.
UniqueFd open_process(pid_t pid) noexcept {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
}

/// Leaves the process to be reaped.
void wait_for_end(pid_t pid, const StopToken& stop) {
  const UniqueFd end = open_process(pid);
  const UniqueFd stopped(::eventfd(0, EFD_CLOEXEC));
  if (!end || !stopped) return;
  const std::stop_callback wake(stop, [&stopped] { ::eventfd_write(stopped.get(), 1); });
  pollfd polled[] = {{end.get(), POLLIN, 0}, {stopped.get(), POLLIN, 0}};
  while (::poll(polled, 2, -1) < 0 && errno == EINTR) {
  }
  throw_if_stopped(stop);
}

std::string_view name_of_variable(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

/// Of ours what it may see. `own` holds what is the program's own, and must outlive the result.
std::vector<char*> environment_for(const ChildOptions& options, std::vector<std::string>& own) {
  std::vector<char*> kept;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view name = name_of_variable(*variable);
    const bool is_replaced = std::ranges::any_of(
        own, [name](const std::string& other) { return name_of_variable(other) == name; });
    if (!is_replaced && may_see(*variable, options.secrets)) kept.push_back(*variable);
  }
  for (std::string& variable : own) kept.push_back(variable.data());
  kept.push_back(nullptr);
  return kept;
}

/// A pipe between us and what the program knows as `fd`, if `wanted`; our end of it in `ours`, the
/// program's is returned, and must live until it was started.
UniqueFd connect(bool wanted, int fd, UniqueFd& ours, SpawnSetup& setup,
                 const std::string& program) {
  if (!wanted) return {};
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno(errno, "make a pipe for", program);
  const bool program_reads = fd == STDIN_FILENO;
  ours = UniqueFd(ends[program_reads ? 1 : 0]);
  UniqueFd theirs(ends[program_reads ? 0 : 1]);
  ::posix_spawn_file_actions_adddup2(&setup.actions, theirs.get(), fd);
  return theirs;
}

/// The terminal, if there is one and we are in front; empty otherwise. Whoever reads our output is
/// in front with us, and stops, and we with him, when he asks something while somebody else is.
UniqueFd terminal_in_front() noexcept {
  struct stat output {};
  if (::fstat(STDOUT_FILENO, &output) == 0 && S_ISFIFO(output.st_mode)) return {};
  UniqueFd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC));
  if (terminal && ::tcgetpgrp(terminal.get()) != ::getpgrp()) terminal.reset();
  return terminal;
}

}  // namespace

std::vector<std::string> split_command(std::string_view command, std::string_view what) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    const bool escapes = c == '\\' && quote != '\'' && i + 1 < command.size() &&
                         (quote == '\0' || command[i + 1] == '"' || command[i + 1] == '\\');
    if (escapes) {
      word += command[++i];
      in_word = true;
    } else if (quote != '\0' && c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '"' || c == '\'')) {
      quote = c;
      in_word = true;
    } else if (quote == '\0' && is_blank(c)) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != '\0') {
    throw Error(ErrorCode::kUsage, fmt::format("{} has an open quote: {}", what, command));
  }
  if (in_word) words.push_back(std::move(word));
  if (words.empty()) throw Error(ErrorCode::kUsage, fmt::format("{} is empty", what));
  return words;
}

ChildProcess::ChildProcess(std::vector<std::string> arguments, const ChildOptions& options) {
  SpawnSetup setup;
  const std::string& program = arguments.front();
  const UniqueFd their_input =
      connect(options.input == ChildInput::kPipe, STDIN_FILENO, input_, setup, program);
  const UniqueFd their_output =
      connect(options.output == ChildOutput::kPipe, STDOUT_FILENO, output_, setup, program);
  if (options.output == ChildOutput::kOurErrors) {
    ::posix_spawn_file_actions_adddup2(&setup.actions, STDERR_FILENO, STDOUT_FILENO);
  }
  if (!options.directory.empty()) {
    ::posix_spawn_file_actions_addchdir_np(&setup.actions, options.directory.c_str());
  }
  const UniqueFd their_errors =
      connect(options.errors == ChildErrors::kPipe, STDERR_FILENO, errors_, setup, program);
  if (options.input == ChildInput::kNone) {
    ::posix_spawn_file_actions_addopen(&setup.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (options.terminal == ChildTerminal::kLent) lent_terminal_ = terminal_in_front();
  if (lent_terminal_) {
    flags |= POSIX_SPAWN_SETPGROUP;
    ::posix_spawn_file_actions_addtcsetpgrp_np(&setup.actions, lent_terminal_.get());
  } else if (options.terminal != ChildTerminal::kOurs) {
    flags |= POSIX_SPAWN_SETSID;
  }
  has_own_group_ = options.terminal != ChildTerminal::kOurs;
  sigset_t none;
  sigset_t defaults;
  ::sigemptyset(&none);
  ::sigemptyset(&defaults);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ})
    ::sigaddset(&defaults, signal);
  ::posix_spawnattr_setsigmask(&setup.attributes, &none);
  ::posix_spawnattr_setsigdefault(&setup.attributes, &defaults);
  ::posix_spawnattr_setflags(&setup.attributes, static_cast<short>(flags));

  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::vector<std::string> own_variables = options.variables;
  const std::vector<char*> variables = environment_for(options, own_variables);
  const int error = ::posix_spawnp(&pid_, argv[0], &setup.actions, &setup.attributes, argv.data(),
                                   variables.data());
  if (error == 0) return;
  take_terminal_back();  // it is lent before the program is looked for
  throw_errno(error, "run", arguments.front());
}

ChildProcess::~ChildProcess() {
  input_.reset();
  output_.reset();
  errors_.reset();
  take_terminal_back();
  if (pid_ > 0) reap();
}

void ChildProcess::take_terminal_back() noexcept {
  if (!lent_terminal_) return;
  const BlockedSignals no_stop;  // whoever is behind and changes that is stopped otherwise
  ::tcsetpgrp(lent_terminal_.get(), ::getpgrp());
  lent_terminal_.reset();
}

void ChildProcess::signal(int number) const noexcept {
  ::kill(has_own_group_ ? -pid_ : pid_, number);
}

int ChildProcess::wait(const StopToken& stop) {
  if (stop.stop_possible()) wait_for_end(pid_, stop);
  return reap();
}

void ChildProcess::terminate(std::chrono::milliseconds grace) noexcept {
  if (pid_ <= 0) return;
  signal(SIGTERM);
  const UniqueFd end = open_process(pid_);
  pollfd polled{end.get(), POLLIN, 0};
  if (!end || ::poll(&polled, 1, static_cast<int>(grace.count())) <= 0) signal(SIGKILL);
  reap();
}

int ChildProcess::reap() noexcept {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) break;
  }
  pid_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace snapfs
