#include "tests/sim/own_process.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>

#include <fmt/format.h>

namespace snapfs::sim {
namespace {

// Of the copy.
int answer_pipe = -1;
const std::function<std::string()>* instead = nullptr;

[[noreturn]] void finish(std::string_view answer) {
  while (!answer.empty()) {
    const ssize_t written = ::write(answer_pipe, answer.data(), answer.size());
    if (written <= 0) ::_exit(1);
    answer.remove_prefix(static_cast<std::size_t>(written));
  }
  ::_exit(0);
}

[[noreturn]] void terminate() {
  try {
    if (std::current_exception()) throw;
  } catch (const std::bad_alloc&) {
    std::set_terminate(std::abort);
    finish((*instead)());
  } catch (...) {
    std::abort();
  }
  std::abort();
}

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 4096> buffer{};
  ssize_t count = 0;
  while ((count = ::read(descriptor, buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return text;
}

}  // namespace

std::string in_own_process(const std::function<std::string()>& work,
                           const std::function<std::string()>& otherwise) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child < 0) return "no process";
  if (child == 0) {
    ::close(ends[0]);
    const rlimit no_core{0, 0};  // one that ends badly says so by its status
    ::setrlimit(RLIMIT_CORE, &no_core);
    answer_pipe = ends[1];
    instead = &otherwise;
    std::set_terminate(terminate);
    finish(work());
  }
  ::close(ends[1]);
  const std::string answer = read_all(ends[0]);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0 ? answer : fmt::format("ended with wait status {:#x}: {}", status, answer);
}

}  // namespace snapfs::sim
