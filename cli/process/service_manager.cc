#include "cli/process/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "fs/base/file.h"
#include "fs/base/timer.h"

namespace snapfs {
namespace {

/// The variable's value; it is gone afterwards.
std::string take_variable(const char* name) {
  const char* const value = std::getenv(name);
  std::string result = value == nullptr ? "" : value;
  ::unsetenv(name);
  return result;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size() || value == 0) return std::nullopt;
  return value;
}

}  // namespace

ServiceManager::ServiceManager() : socket_(take_variable("NOTIFY_SOCKET")) {
  const auto period = number(take_variable("WATCHDOG_USEC"));
  // Whose life it asks about: it may be that of the process that started us.
  const std::string process = take_variable("WATCHDOG_PID");
  if (!process.empty() && number(process) != static_cast<std::uint64_t>(::getpid())) return;
  if (period) patience_ = std::chrono::microseconds(*period);
}

void ServiceManager::tell(std::string_view state) const noexcept {
  sockaddr_un address{};
  if (socket_.size() < 2 || socket_.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  // An abstract name begins with a zero, and has no end but its length.
  const bool is_abstract = address.sun_path[0] == '@';
  if (is_abstract) address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size() +
                                           (is_abstract ? 0 : 1));
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return;
  // Who does not listen any more is told nothing: that is no failure of ours.
  (void)::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address), size);
}

Heartbeat::Heartbeat(const ServiceManager& manager, std::function<void()> prove) {
  const auto patience = manager.patience();
  if (!patience) return;
  const auto pause = std::chrono::ceil<std::chrono::milliseconds>(*patience / 2);
  thread_ = std::thread([&manager, prove = std::move(prove), pause, stop = stop_.get_token()] {
    do {
      prove();
      manager.tell("WATCHDOG=1");
    } while (steady_timer().wait_for(pause, stop));
  });
}

Heartbeat::~Heartbeat() {
  stop_.request_stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace snapfs
