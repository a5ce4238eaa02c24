#include "cli/process/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

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

/// Ours, but for passwords: also of a repository that is opened later.
std::vector<char*> environment_without_passwords() {
  std::vector<char*> kept;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const std::string_view name = text.substr(0, text.find('='));
    if (!name.ends_with("_PASSWORD") && !name.ends_with("_PASSWORD2")) kept.push_back(*variable);
  }
  kept.push_back(nullptr);
  return kept;
}

}  // namespace

std::vector<std::string> split_command(std::string_view command) {
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
    throw Error(ErrorCode::kUsage,
                "the password command has an open quote: " + std::string(command));
  }
  if (in_word) words.push_back(std::move(word));
  if (words.empty()) throw Error(ErrorCode::kUsage, "the password command is empty");
  return words;
}

ChildProcess::ChildProcess(std::vector<std::string> arguments, ChildInput input) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno(errno, "make a pipe for", arguments.front());
  output_ = UniqueFd(ends[0]);
  const UniqueFd write_end(ends[1]);

  SpawnSetup setup;
  ::posix_spawn_file_actions_adddup2(&setup.actions, write_end.get(), STDOUT_FILENO);
  if (input == ChildInput::kNone) {
    ::posix_spawn_file_actions_addopen(&setup.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  sigset_t none;
  sigset_t defaults;
  ::sigemptyset(&none);
  ::sigemptyset(&defaults);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ})
    ::sigaddset(&defaults, signal);
  ::posix_spawnattr_setsigmask(&setup.attributes, &none);
  ::posix_spawnattr_setsigdefault(&setup.attributes, &defaults);
  ::posix_spawnattr_setflags(&setup.attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const std::vector<char*> variables = environment_without_passwords();
  const int error = ::posix_spawnp(&pid_, argv[0], &setup.actions, &setup.attributes, argv.data(),
                                   variables.data());
  if (error != 0) throw_errno(error, "run", arguments.front());
}

ChildProcess::~ChildProcess() {
  output_.reset();
  if (pid_ > 0) reap();
}

int ChildProcess::wait(const StopToken& stop) {
  if (stop.stop_possible()) wait_for_end(pid_, stop);
  return reap();
}

void ChildProcess::terminate(std::chrono::milliseconds grace) noexcept {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  const UniqueFd end = open_process(pid_);
  pollfd polled{end.get(), POLLIN, 0};
  if (!end || ::poll(&polled, 1, static_cast<int>(grace.count())) <= 0) ::kill(pid_, SIGKILL);
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
