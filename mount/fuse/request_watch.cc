#include "mount/fuse/request_watch.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "fs/base/file.h"

namespace snapfs {

namespace {

/// So long does somebody who is killed wait at most, and so late may a deadline be.
constexpr std::chrono::milliseconds kStep{100};

/// Whether the set of signals after `name`, in hexadecimal, has SIGKILL in it.
bool has_kill(std::string_view status, std::string_view name) noexcept {
  const std::size_t place = status.find(name);
  if (place == status.npos) return false;
  const unsigned long long signals =
      std::strtoull(status.data() + place + name.size(), nullptr, 16);
  return (signals >> (SIGKILL - 1) & 1) != 0;
}

}  // namespace

// The kernel turns every signal that ends a process into a SIGKILL for each of its threads.
bool is_being_killed(pid_t thread) noexcept {
  if (thread <= 0) return false;
  std::array<char, 32> path{};
  std::snprintf(path.data(), path.size(), "/proc/%d/status", static_cast<int>(thread));
  const UniqueFd file(::open(path.data(), O_RDONLY | O_CLOEXEC));
  if (!file) return false;
  std::array<char, 4096> buffer{};
  const ssize_t size = ::read(file.get(), buffer.data(), buffer.size() - 1);
  if (size <= 0) return false;
  const std::string_view status(buffer.data(), static_cast<std::size_t>(size));
  return has_kill(status, "\nSigPnd:\t") || has_kill(status, "\nShdPnd:\t");
}

void RequestWatch::interrupt(void* handle) {
  if (options_.interrupted) options_.interrupted();
  {
    const std::lock_guard lock(mutex_);
    const auto found =
        std::ranges::find(waiting_, handle, [](const auto& each) { return each.second.handle; });
    if (found == waiting_.end()) return;
    found->second.interrupted = true;
    if (!options_.is_killed(found->second.asker)) return;
    waiting_.erase(found);
  }
  options_.answer(handle, EINTR);
}

void RequestWatch::check(Clock::time_point now) {
  std::vector<std::pair<void*, int>> over;
  {
    const std::lock_guard lock(mutex_);
    for (auto each = waiting_.begin(); each != waiting_.end();) {
      const Request& request = each->second;
      int error = 0;
      if (options_.timeout.count() != 0 && now - request.begin >= options_.timeout) {
        error = ETIMEDOUT;
      } else if (request.interrupted && options_.is_killed(request.asker)) {
        error = EINTR;
      }
      if (error != 0) over.emplace_back(request.handle, error);
      each = error != 0 ? waiting_.erase(each) : std::next(each);
    }
  }
  for (const auto& [handle, error] : over) options_.answer(handle, error);
}

void RequestWatch::run(const StopToken& stop, const std::function<void()>& at_step) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      if (!added_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
      added_.wait_for(lock, stop, kStep, [] { return false; });
    }
    check(Clock::now());
    at_step();
  }
}

std::size_t RequestWatch::size() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

}  // namespace snapfs
