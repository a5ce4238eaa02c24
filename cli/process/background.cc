#include "cli/process/background.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "cli/process/exit_code.h"
#include "fs/base/error.h"
#include "fs/base/file.h"

namespace snapfs {
namespace {

volatile sig_atomic_t worker = 0;

void pass_on(int signal) { ::kill(static_cast<pid_t>(worker), signal); }

/// What was open when the program was started, beside the standard streams: pipes of shells and
/// service managers, which would wait for us for ever.
std::vector<int> inherited_descriptors() {
  std::vector<int> result;
  DIR* const directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return result;
  while (const dirent* entry = ::readdir(directory)) {
    int fd = -1;
    std::from_chars(entry->d_name, entry->d_name + std::strlen(entry->d_name), fd);
    if (fd > STDERR_FILENO && fd != ::dirfd(directory)) result.push_back(fd);
  }
  ::closedir(directory);
  return result;
}

void leave_terminal() {
  ::setsid();
  const UniqueFd null = open_file("/dev/null", O_RDWR);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::dup2(null.get(), fd) < 0) throw_errno(errno, "detach from", "the terminal");
  }
}

/// What comes of the second process: 0 once it says that it is ready.
BackgroundStart wait_for_worker(const UniqueFd& ready) {
  char byte = 0;
  while (true) {
    const ssize_t got = ::read(ready.get(), &byte, 1);
    if (got == 1) return {0, false, {}};
    if (got == 0 || errno != EINTR) break;
  }
  int status = 0;
  while (::waitpid(static_cast<pid_t>(worker), &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) return {WEXITSTATUS(status), false, {}};
  return {static_cast<int>(ExitCode::kFatal), true, {}};
}

void pass_signals_on() {
  struct sigaction action {};
  action.sa_handler = pass_on;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
}

}  // namespace

BackgroundStart start_in_background(std::function<void()> detached) {
  const std::vector<int> inherited = inherited_descriptors();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno(errno, "create", "a pipe");
  UniqueFd ready(ends[0]);
  const auto done = std::make_shared<UniqueFd>(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) throw_errno(errno, "start", "a process in the background");
  if (pid == 0) {
    ready = UniqueFd();
    return {std::nullopt, false, [inherited, done, detached = std::move(detached)] {
              leave_terminal();
              for (const int fd : inherited) ::close(fd);
              detached();
              const Bytes byte(1);
              write_all(done->get(), byte, "the waiting process");
              *done = UniqueFd();
            }};
  }
  *done = UniqueFd();
  worker = pid;
  pass_signals_on();
  return wait_for_worker(ready);
}

}  // namespace snapfs
