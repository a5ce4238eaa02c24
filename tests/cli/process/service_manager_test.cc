// What the manager of services hears of us.
#include "cli/process/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>

#include <gtest/gtest.h>

#include "fs/base/file.h"
#include "tests/support/scoped_variable.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using test::ScopedVariable;

/// A socket as the manager has one.
class Listener {
 public:
  explicit Listener(std::string name) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() +
                                             (name.front() == '@' ? 0 : 1));
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
  }

  /// The next message; waits for it.
  std::string next() const {
    char buffer[256];
    const ssize_t size = ::recv(fd_.get(), buffer, sizeof buffer, 0);
    return size < 0 ? "" : std::string(buffer, static_cast<std::size_t>(size));
  }

 private:
  const UniqueFd fd_;
};

TEST(ServiceManagers, HearWhatIsTold) {
  const test::TemporaryDirectory scratch;
  for (const std::string& name :
       {scratch / "socket", "@snapfs-test-" + std::to_string(::getpid())}) {
    const Listener listener(name);
    const ScopedVariable variable("NOTIFY_SOCKET", name);
    const ServiceManager manager;
    manager.tell("READY=1\nSTATUS=so far");
    EXPECT_EQ(listener.next(), "READY=1\nSTATUS=so far");
  }
}

TEST(ServiceManagers, AreNotTalkedToByProgramsOfOurs) {
  const ScopedVariable socket("NOTIFY_SOCKET", "/nowhere");
  const ScopedVariable period("WATCHDOG_USEC", "1000");
  const ServiceManager manager;
  EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
  EXPECT_EQ(std::getenv("WATCHDOG_USEC"), nullptr);
  manager.tell("READY=1");  // nobody is there
}

TEST(ServiceManagers, AskForALifeOrDoNot) {
  const ScopedVariable socket("NOTIFY_SOCKET", std::nullopt);
  const ScopedVariable period("WATCHDOG_USEC", "4000");
  {
    const ScopedVariable process("WATCHDOG_PID", std::to_string(::getpid() + 1));
    EXPECT_FALSE(ServiceManager().patience());
  }
  ::setenv("WATCHDOG_USEC", "4000", 1);
  const ScopedVariable process("WATCHDOG_PID", std::to_string(::getpid()));
  EXPECT_EQ(ServiceManager().patience(), std::chrono::microseconds(4000));
  EXPECT_FALSE(ServiceManager().patience());
}

TEST(ServiceManagers, HearAHeartbeatAsLongAsItIsProved) {
  const test::TemporaryDirectory scratch;
  const Listener listener(scratch / "socket");
  const ScopedVariable socket("NOTIFY_SOCKET", scratch / "socket");
  const ScopedVariable process("WATCHDOG_PID", std::nullopt);
  const ScopedVariable period("WATCHDOG_USEC", "2000");
  const ServiceManager manager;
  std::atomic<int> proofs{0};
  const Heartbeat heartbeat(manager, [&proofs] { ++proofs; });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(listener.next(), "WATCHDOG=1");
  EXPECT_GE(proofs, 3);
}

}  // namespace
}  // namespace snapfs
