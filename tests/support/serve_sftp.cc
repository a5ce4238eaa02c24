// An SFTP server with faults of one's choice: stands between a client and a real server, and lets
// packets through as it is told. For tests.
//
// usage: serve_sftp [OPTION]... SERVER
//   --plain            hides the server's extensions
//   --shortest N       no read asks the server for more than N bytes
//   --refuse TYPE=CODE requests of the type (its number) are answered with that status
//   --full             what is asked of the file system's room is answered: there is none
//   --die-at N         ends at the Nth request, unanswered
//   --nonsense-at N    the same request is answered with what no server says
//   --hang-at N        it, and what comes behind it, is not answered
//   --once FILE        none of that when FILE is there; otherwise it is made
//   --flights A,B,...  no answer leaves before A are there, which leave together, the last one
//                      first; then before B are there, and so on; at last each as it comes
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fs/backend/sftp/sftp_message.h"
#include "fs/base/file.h"
#include "fs/process/child_process.h"
#include "tests/support/number_argument.h"

namespace snapfs::test {
namespace {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

struct Faults {
  bool plain = false;
  bool full = false;
  std::uint32_t shortest = kLongestSftpPacket;
  std::map<SftpType, std::uint32_t> refused;
  std::uint64_t die_at = kNever;
  std::uint64_t nonsense_at = kNever;
  std::uint64_t hang_at = kNever;
  std::deque<std::uint64_t> flights;
  std::string server;
};

Bytes with_length(ByteView packet) {
  Bytes bytes;
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<std::uint8_t>(packet.size() >> shift));
  }
  append(bytes, packet);
  return bytes;
}

class Proxy {
 public:
  explicit Proxy(Faults faults)
      : faults_(std::move(faults)), server_({faults_.server}, {.input = ChildInput::kPipe}) {}

  int run() {
    for (;;) {
      std::array<pollfd, 2> polled = {{{STDIN_FILENO, POLLIN, 0}, {server_.output(), POLLIN, 0}}};
      if (::poll(polled.data(), polled.size(), -1) < 0) return 1;
      if (polled[0].revents != 0) {
        if (!read_into(STDIN_FILENO, requests_)) return 0;
        while (const std::optional<Bytes> packet = requests_.next()) {
          if (!take_request(*packet)) return 1;
        }
      }
      if (polled[1].revents != 0) {
        if (!read_into(server_.output(), answers_)) return 1;
        while (const std::optional<Bytes> packet = answers_.next()) take_answer(*packet);
      }
    }
  }

 private:
  static bool read_into(int fd, SftpPackets& packets) {
    std::array<std::uint8_t, 64 << 10> buffer;
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got <= 0) return false;
    packets.add({buffer.data(), static_cast<std::size_t>(got)});
    return true;
  }

  /// False when it is time to die.
  bool take_request(const Bytes& packet) {
    const auto type = static_cast<SftpType>(packet.front());
    if (type == SftpType::kInit) {
      pass_on(packet);
      return true;
    }
    const std::uint32_t id = SftpFields(ByteView(packet).subspan(1)).number();
    const std::uint64_t number = ++count_;
    if (number >= faults_.hang_at) return true;
    if (number == faults_.die_at) return false;
    if (number == faults_.nonsense_at) {
      write_all(STDOUT_FILENO, as_bytes("this is no packet"), "the client");
    } else if (const auto refused = faults_.refused.find(type); refused != faults_.refused.end()) {
      answer(SftpRequest(SftpType::kStatus)
                 .number(refused->second)
                 .string(refused->second == 4 ? "Failure" : "refused")
                 .string("")
                 .finish(id));
    } else if (faults_.full && asks_for_room(packet)) {
      answer(no_room(id));
    } else {
      pass_on(type == SftpType::kRead ? shorter(packet) : packet);
    }
    return true;
  }

  static bool asks_for_room(const Bytes& packet) {
    return as_text(packet).find("statvfs@") != std::string_view::npos;
  }

  /// A file system of blocks, of which none is free.
  static Bytes no_room(std::uint32_t id) {
    return SftpRequest(SftpType::kExtendedReply)
        .long_number(4096)
        .long_number(4096)
        .long_number(1000)
        .long_number(0)
        .long_number(0)
        .long_number(1000)
        .long_number(0)
        .long_number(0)
        .long_number(1)
        .long_number(0)
        .long_number(255)
        .finish(id);
  }

  /// The length is a read's last number.
  Bytes shorter(const Bytes& packet) const {
    Bytes result = packet;
    const ByteView last = ByteView(packet).last(4);
    std::uint32_t length = std::min(SftpFields(last).number(), faults_.shortest);
    for (std::size_t i = 1; i <= 4; ++i, length >>= 8) {
      result[result.size() - i] = static_cast<std::uint8_t>(length);
    }
    return result;
  }

  void pass_on(ByteView packet) { write_all(server_.input(), with_length(packet), "the server"); }

  void take_answer(const Bytes& packet) {
    if (static_cast<SftpType>(packet.front()) == SftpType::kVersion) {
      constexpr std::size_t kWithoutExtensions = 5;
      const ByteView version(packet);
      write_all(STDOUT_FILENO,
                with_length(faults_.plain ? version.first(kWithoutExtensions) : version),
                "the client");
      return;
    }
    answer(with_length(packet));
  }

  void answer(Bytes packet) {
    held_.push_back(std::move(packet));
    if (!faults_.flights.empty()) {
      if (held_.size() < faults_.flights.front()) return;
      faults_.flights.pop_front();
      std::ranges::reverse(held_);
    }
    for (const Bytes& one : held_) write_all(STDOUT_FILENO, one, "the client");
    held_.clear();
  }

  Faults faults_;
  ChildProcess server_;
  SftpPackets requests_;
  SftpPackets answers_;
  std::uint64_t count_ = 0;  ///< requests behind the first packet
  std::vector<Bytes> held_;
};

Faults parse(const std::vector<std::string>& words) {
  Faults faults;
  std::string once;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const auto next = [&] { return words.at(++i); };
    const auto number = [&] { return number_argument(next().c_str()); };
    if (word == "--plain") {
      faults.plain = true;
    } else if (word == "--full") {
      faults.full = true;
    } else if (word == "--shortest") {
      faults.shortest = static_cast<std::uint32_t>(number());
    } else if (word == "--die-at") {
      faults.die_at = number();
    } else if (word == "--nonsense-at") {
      faults.nonsense_at = number();
    } else if (word == "--hang-at") {
      faults.hang_at = number();
    } else if (word == "--once") {
      once = next();
    } else if (word == "--refuse") {
      const std::string pair = next();
      const std::size_t equals = pair.find('=');
      faults.refused[static_cast<SftpType>(number_argument(pair.substr(0, equals).c_str()))] =
          static_cast<std::uint32_t>(number_argument(pair.substr(equals + 1).c_str()));
    } else if (word == "--flights") {
      const std::string list = next();
      for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        faults.flights.push_back(number_argument(list.substr(begin, end - begin).c_str()));
        begin = end + 1;
      }
    } else {
      faults.server = word;
    }
  }
  const UniqueFd made(once.empty() ? -1 : ::open(once.c_str(), O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!once.empty() && !made) {
    Faults none;
    none.server = faults.server;
    return none;
  }
  return faults;
}

}  // namespace
}  // namespace snapfs::test

int main(int argc, char** argv) {
  try {
    return snapfs::test::Proxy(snapfs::test::parse({argv + 1, argv + argc})).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "serve_sftp: %s\n", error.what());
    return 2;
  }
}
