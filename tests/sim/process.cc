#include "tests/sim/process.h"

#include <map>

namespace snapfs::sim {
namespace {

std::map<std::int64_t, std::shared_ptr<Process>>& processes() {
  static std::map<std::int64_t, std::shared_ptr<Process>> all;
  return all;
}

}  // namespace

const Process* find_process(std::int64_t pid) noexcept {
  const auto found = processes().find(pid);
  return found != processes().end() ? found->second.get() : nullptr;
}

std::shared_ptr<Process> make_process(const Host& host) {
  const auto pid = kFirstPid + static_cast<std::int64_t>(processes().size());
  return processes()[pid] = std::make_shared<Process>(host, pid, World::current()->now());
}

void forget_processes() noexcept { processes().clear(); }

void Process::interrupt() {
  was_disturbed = true;
  if (on_signal) on_signal();
}

void Process::die() noexcept {
  is_dead_ = true;
  was_disturbed = true;
  try {
    interrupt();
  } catch (...) {
    return;  // it goes on until it asks the storage again
  }
}

}  // namespace snapfs::sim
