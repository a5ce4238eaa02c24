#include "tests/support/server_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace snapfs::test {
namespace {

/// What execvpe takes; the strings must outlive it.
std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> environment_with(const std::map<std::string, std::string>& more) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (!more.contains(text.substr(0, text.find('=')))) variables.push_back(text);
  }
  for (const auto& [name, value] : more) {
    variables.push_back(std::string(name).append("=").append(value));
  }
  return variables;
}

}  // namespace

std::optional<std::string> find_program(const std::string& name, const char* variable) {
  if (variable != nullptr) {
    const char* const named = std::getenv(variable);
    if (named != nullptr && *named != '\0') return named;
  }
  const char* const path = std::getenv("PATH");
  std::istringstream directories(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string directory; std::getline(directories, directory, ':');) {
    const std::string candidate = directory + "/" + name;
    if (!directory.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

ServerProcess::ServerProcess(const std::vector<std::string>& arguments, std::string announcement,
                             const std::map<std::string, std::string>& environment)
    : announcement_(std::move(announcement)) {
  std::vector<std::string> words = arguments;
  std::vector<std::string> variables = environment_with(environment);
  const std::vector<char*> argv = pointers_to(words);
  const std::vector<char*> envp = pointers_to(variables);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  output_ = UniqueFd(ends[0]);
  UniqueFd write_end(ends[1]);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("no process");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(write_end.get(), STDOUT_FILENO);
    ::dup2(write_end.get(), STDERR_FILENO);
    ::execvpe(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  write_end.reset();  // the program's is the last one: the output ends with it
  reader_ = std::jthread([this] { read_output(); });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return has_ended_ || !line_.empty(); });
  if (!line_.empty()) return;
  const std::string printed = printed_;
  lock.unlock();
  reader_.join();
  ::waitpid(pid_, nullptr, 0);
  throw std::runtime_error(arguments.front() + " did not start: " + printed);
}

ServerProcess::~ServerProcess() {
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void ServerProcess::read_output() {
  std::vector<char> buffer(4096);
  for (;;) {
    const ssize_t got = ::read(output_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    const std::lock_guard lock(mutex_);
    if (got <= 0) {
      has_ended_ = true;
      changed_.notify_all();
      return;
    }
    if (!line_.empty()) continue;
    printed_.append(buffer.data(), static_cast<std::size_t>(got));
    const std::size_t begin = printed_.find(announcement_);
    const std::size_t end = begin == std::string::npos ? begin : printed_.find('\n', begin);
    if (end == std::string::npos) continue;
    line_ = printed_.substr(begin, end - begin);
    changed_.notify_all();
  }
}

int ServerProcess::port() const {
  const std::lock_guard lock(mutex_);
  const std::string host = "127.0.0.1:";
  const std::size_t at = line_.find(host);
  if (at == std::string::npos) throw std::runtime_error("no port in: " + line_);
  return std::atoi(line_.c_str() + at + host.size());
}

}  // namespace snapfs::test
