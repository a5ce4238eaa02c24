// A link of a chosen length and rate, for scripts/bench --only distance: two network namespaces
// that see each other at 10.77.0.1 (near) and 10.77.0.2 (far), and nothing else. Kernels can do the
// same with netem, where they have it; this one also counts the requests of HTTP that pass, and how
// many of them were under way at once, in the same way whoever makes them and whoever answers.
//
// usage: far_link --megabits N
//
// Prints "near=FILE far=FILE" for nsenter --net=FILE, then does what it reads, a line each:
//   delay MICROSECONDS  each way, from now on (0 at first)
//   count               prints what has passed since the last time
// and ends when there is nothing more to read: with the program that started it. The namespaces end
// with their last process. Needs the right to make namespaces, which root has.
//
// Each namespace has a TUN device, and packets are carried from one to the other. A packet leaves
// when those before it have left, at the rate of the link, and arrives after the delay. What would
// have to wait for more than 100 ms before it can leave is dropped, as routers do.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <net/if.h>

#include "fs/base/error.h"
#include "fs/base/file.h"

namespace snapfs {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr std::size_t kLargestPacket = 1500;
constexpr nanoseconds kLongestQueue = std::chrono::milliseconds(100);

void set_address(ifreq& request, const char* address) {
  sockaddr_in internet{};
  internet.sin_family = AF_INET;
  internet.sin_addr.s_addr = inet_addr(address);
  std::memcpy(&request.ifr_addr, &internet, sizeof internet);
}

void configure(int socket, unsigned long what, ifreq& request, const char* words) {
  if (ioctl(socket, what, &request) != 0) throw_errno(errno, words, request.ifr_name);
}

void switch_on(int socket, ifreq& request) {
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  configure(socket, SIOCSIFFLAGS, request, "switch on");
}

/// A network namespace of its own with a device whose packets this process reads and writes.
class End {
 public:
  explicit End(const char* address) {
    const UniqueFd home = open_file("/proc/self/ns/net", O_RDONLY);
    if (unshare(CLONE_NEWNET) != 0) {
      throw_errno(errno, "make a network namespace (root may)", "unshare");
    }
    space_ = open_file("/proc/self/ns/net", O_RDONLY);
    device_ = open_file("/dev/net/tun", O_RDWR | O_NONBLOCK);
    ifreq device{};
    device.ifr_flags = IFF_TUN | IFF_NO_PI;
    std::strcpy(device.ifr_name, "link");
    configure(device_.get(), TUNSETIFF, device, "make the device");
    const UniqueFd any_socket(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    set_address(device, address);
    configure(any_socket.get(), SIOCSIFADDR, device, "give an address to");
    set_address(device, "255.255.255.0");
    configure(any_socket.get(), SIOCSIFNETMASK, device, "set the netmask of");
    switch_on(any_socket.get(), device);
    ifreq loopback{};
    std::strcpy(loopback.ifr_name, "lo");
    switch_on(any_socket.get(), loopback);
    if (setns(home.get(), CLONE_NEWNET) != 0) throw_errno(errno, "go back to", "/proc/self/ns/net");
  }

  int device() const { return device_.get(); }
  /// For as long as this process lives.
  std::string space() const {
    return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(space_.get());
  }

 private:
  UniqueFd space_;
  UniqueFd device_;
};

struct Packet {
  std::array<char, kLargestPacket> bytes;
  std::size_t size = 0;
  Clock::time_point due;

  std::string_view view() const { return {bytes.data(), size}; }
};

/// Counts the requests in what passes, and those that wait for the beginning of their answer. Every
/// request of HTTP/1.1 begins a segment of TCP, since the answer to the one before was waited for;
/// so does every answer.
class RequestCounter {
 public:
  void sent(const Packet& packet) {
    const std::string_view text = new_content_of(packet);
    static constexpr std::array<std::string_view, 5> kMethods = {"GET /", "HEAD /", "PUT /",
                                                                 "POST /", "DELETE /"};
    if (std::none_of(kMethods.begin(), kMethods.end(),
                     [&](std::string_view method) { return text.starts_with(method); })) {
      return;
    }
    ++requests_;
    most_at_once_ = std::max(most_at_once_, ++under_way_);
  }

  void answered(const Packet& packet) {
    const std::string_view text = new_content_of(packet);
    if (text.starts_with("HTTP/1.1 ") && !text.starts_with("HTTP/1.1 100")) --under_way_;
  }

  void print_and_forget() {
    std::printf("requests=%ld at_once=%ld connections=%ld bytes=%lld\n", requests_, most_at_once_,
                connections_, static_cast<long long>(bytes_));
    std::fflush(stdout);
    const long under_way = under_way_;
    *this = {};
    most_at_once_ = under_way_ = under_way;
  }

 private:
  using Connection = std::array<std::uint32_t, 3>;  ///< both addresses, both ports

  /// What the packet carries that no packet of the connection has carried before.
  std::string_view new_content_of(const Packet& packet) {
    ip internet;
    tcphdr transport;
    if (packet.size < sizeof internet) return {};
    std::memcpy(&internet, packet.bytes.data(), sizeof internet);
    const std::size_t start = internet.ip_hl * 4U;
    if (internet.ip_v != 4 || internet.ip_p != IPPROTO_TCP ||
        packet.size < start + sizeof transport) {
      return {};
    }
    bytes_ += packet.size;
    std::memcpy(&transport, packet.bytes.data() + start, sizeof transport);
    const Connection connection = {internet.ip_src.s_addr, internet.ip_dst.s_addr,
                                   std::uint32_t{transport.th_sport} << 16 | transport.th_dport};
    const std::uint32_t number = ntohl(transport.th_seq);
    if ((transport.th_flags & TH_SYN) != 0) {
      connections_ += (transport.th_flags & TH_ACK) == 0 ? 1 : 0;
      next_number_[connection] = number + 1;
      return {};
    }
    const std::size_t header = start + transport.th_off * 4U;
    if (packet.size <= header) return {};
    const std::string_view content = packet.view().substr(header);
    const auto [place, unknown] = next_number_.emplace(connection, number);
    if (static_cast<std::int32_t>(number - place->second) < 0) return {};
    place->second = number + static_cast<std::uint32_t>(content.size());
    return content;
  }

  std::map<Connection, std::uint32_t> next_number_;
  long requests_ = 0;
  long under_way_ = 0;
  long most_at_once_ = 0;
  long connections_ = 0;
  std::uint64_t bytes_ = 0;
};

/// The packets on their way in one direction.
class Lane {
 public:
  Lane(int from, int to, double nanoseconds_a_byte)
      : from_(from), to_(to), nanoseconds_a_byte_(nanoseconds_a_byte) {}

  /// Takes what was sent. `seen` is told of each packet that will arrive.
  template <typename Seen>
  void take(nanoseconds delay, Seen seen) {
    for (int most = 64; most > 0; --most) {
      Packet packet;
      const ssize_t size = read(from_, packet.bytes.data(), packet.bytes.size());
      if (size <= 0) return;
      packet.size = static_cast<std::size_t>(size);
      const Clock::time_point now = Clock::now();
      free_at_ = std::max(free_at_, now);
      if (free_at_ - now > kLongestQueue) continue;
      free_at_ += nanoseconds(static_cast<long>(static_cast<double>(size) * nanoseconds_a_byte_));
      // One packet never overtakes another, not even when the link gets shorter.
      packet.due = std::max(free_at_ + delay, packets_.empty() ? now : packets_.back().due);
      seen(packet);
      packets_.push_back(packet);
    }
  }

  void deliver() {
    const Clock::time_point now = Clock::now();
    for (; !packets_.empty() && packets_.front().due <= now; packets_.pop_front()) {
      const Packet& packet = packets_.front();
      // A device without room drops it, as the other end's queue would.
      if (write(to_, packet.bytes.data(), packet.size) < 0 && errno != EAGAIN && errno != EIO) {
        throw_errno(errno, "write to", "/dev/net/tun");
      }
    }
  }

  std::optional<Clock::time_point> next_due() const {
    if (packets_.empty()) return std::nullopt;
    return packets_.front().due;
  }

  int from() const { return from_; }

 private:
  const int from_;
  const int to_;
  const double nanoseconds_a_byte_;
  std::deque<Packet> packets_;
  Clock::time_point free_at_;
};

class Link {
 public:
  explicit Link(double megabits)
      : up_(near_.device(), far_.device(), 8000 / megabits),
        down_(far_.device(), near_.device(), 8000 / megabits) {}

  void run() {
    std::printf("near=%s far=%s\n", near_.space().c_str(), far_.space().c_str());
    std::fflush(stdout);
    prctl(PR_SET_TIMERSLACK, 1);
    while (obey()) {
      wait();
      up_.take(delay_, [&](const Packet& packet) { requests_.sent(packet); });
      down_.take(delay_, [&](const Packet& packet) { requests_.answered(packet); });
      up_.deliver();
      down_.deliver();
    }
  }

 private:
  void wait() {
    std::array<pollfd, 3> inputs = {pollfd{up_.from(), POLLIN, 0}, pollfd{down_.from(), POLLIN, 0},
                                    pollfd{STDIN_FILENO, POLLIN, 0}};
    const auto first = up_.next_due();
    const auto second = down_.next_due();
    timespec left{};
    const bool timed = first || second;
    if (timed) {
      const auto due = std::min(first.value_or(Clock::time_point::max()),
                                second.value_or(Clock::time_point::max()));
      left.tv_nsec = std::clamp<long>(nanoseconds(due - Clock::now()).count(), 0, 999'999'999);
    }
    if (ppoll(inputs.data(), inputs.size(), timed ? &left : nullptr, nullptr) < 0 &&
        errno != EINTR) {
      throw_errno(errno, "wait for", "/dev/net/tun");
    }
    asked_ = inputs[2].revents != 0;
  }

  /// False when nobody is there any more to tell us anything.
  bool obey() {
    if (!std::exchange(asked_, false)) return true;
    std::array<char, 256> line{};
    const ssize_t size = read(STDIN_FILENO, line.data(), line.size() - 1);
    const std::string_view words(line.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    if (words.starts_with("delay ")) {
      delay_ = std::chrono::microseconds(std::strtol(line.data() + 6, nullptr, 10));
    }
    if (words.starts_with("count")) requests_.print_and_forget();
    return size > 0;
  }

  const End near_{"10.77.0.1"};
  const End far_{"10.77.0.2"};
  Lane up_;
  Lane down_;
  RequestCounter requests_;
  nanoseconds delay_{0};
  bool asked_ = false;
};

}  // namespace
}  // namespace snapfs

int main(int argc, char** argv) {
  const double megabits =
      argc == 3 && std::string_view(argv[1]) == "--megabits" ? std::atof(argv[2]) : 0;
  if (megabits <= 0) {
    std::fprintf(stderr, "usage: far_link --megabits N\n");
    return 1;
  }
  try {
    snapfs::Link(megabits).run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "far_link: %s\n", error.what());
    return 1;
  }
}
