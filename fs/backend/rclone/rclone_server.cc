// rclone is started by a shell, which waits for the end of its standard input, a pipe of ours: that
// comes when we close it, and also when we are killed. Then the shell ends rclone. All that rclone
// prints is read by a thread, so that it never waits for us; when that ends, rclone has.
#include "fs/backend/rclone/rclone_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "fs/base/blocked_signals.h"
#include "fs/base/error.h"
#include "fs/base/hex.h"
#include "fs/base/one_line.h"
#include "fs/crypto/base64.h"
#include "fs/crypto/random.h"

namespace snapfs {
namespace {

constexpr std::string_view kUser = "snapfs";

/// Longer lines are cut.
constexpr std::size_t kLongestLine = 4096;

/// The shell gives its own end of the pipe away, so that the last one is rclone's. The signal goes
/// to its process group, as rclone.program may be a script. A second signal, which ends a wait, is
/// no reason to be gone before rclone, which may have to be killed yet; nor is one that comes
/// before rclone is started, or just then. rclone itself begins without the trap.
constexpr const char* kScript =
    "trap : TERM; \"$@\" </dev/null >&2 & exec >/dev/null 2>&1; read -r end; kill -TERM -$$; "
    "while kill -0 $!; do wait $!; done";

std::vector<std::string> guarded(std::vector<std::string> command) {
  std::vector<std::string> words{"/bin/sh", "-c", kScript, "sh"};
  words.insert(words.end(), std::make_move_iterator(command.begin()),
               std::make_move_iterator(command.end()));
  return words;
}

std::string random_password() {
  std::array<std::uint8_t, 16> bytes{};
  fill_random(bytes);
  return to_hex(bytes);
}

std::string authorization_for(const std::string& password) {
  std::string value = "Basic ";
  append_base64(value, as_bytes(fmt::format("{}:{}", kUser, password)));
  return value;
}

ChildOptions child_options(const RcloneOptions& rclone, const std::string& password) {
  ChildOptions options;
  options.input = ChildInput::kPipe;
  options.errors = ChildErrors::kPipe;
  options.terminal = ChildTerminal::kNone;
  options.variables = rclone.passwords;
  options.variables.push_back(fmt::format("RCLONE_USER={}", kUser));
  options.variables.push_back(fmt::format("RCLONE_PASS={}", password));
  return options;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  if (from.empty()) return;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
}

}  // namespace

RcloneServer::RcloneServer(const RcloneOptions& options, std::string_view remote,
                           RcloneListener listener, const StopToken& stop)
    : remote_(remote),
      listener_(std::move(listener)),
      end_timeout_(options.end_timeout),
      password_(random_password()),
      authorization_(authorization_for(password_)),
      wake_(::eventfd(0, EFD_CLOEXEC)),
      process_(guarded(rclone_command(options, remote)), child_options(options, password_)) {
  if (!wake_) throw_errno(errno, "wait for", "rclone");
  try {
    const BlockedSignals blocked;
    reader_ = std::jthread([this] { read_lines(); });
    wait_until_served(options.start_timeout, stop);
  } catch (...) {
    end();
    throw;
  }
}

RcloneServer::~RcloneServer() { end(); }

void RcloneServer::end() {
  process_.close_input();
  process_.terminate(end_timeout_);
  ::eventfd_write(wake_.get(), 1);
  if (reader_.joinable()) reader_.join();
}

bool RcloneServer::has_ended() const {
  const std::lock_guard lock(mutex_);
  return has_ended_;
}

std::string RcloneServer::last_words() const {
  const std::lock_guard lock(mutex_);
  return last_words_;
}

void RcloneServer::wait_until_served(std::chrono::milliseconds timeout, const StopToken& stop) {
  std::unique_lock lock(mutex_);
  const bool is_known =
      changed_.wait_for(lock, stop, timeout, [this] { return has_ended_ || !served_.empty(); });
  throw_if_stopped(stop);
  url_ = served_;
  if (!url_.empty() && !has_ended_) return;
  const std::string said = last_words_.empty() ? "nothing" : fmt::format("\"{}\"", last_words_);
  if (is_known) {
    throw Error(ErrorCode::kUsage,
                fmt::format("rclone ended before it served {}, and said {}: see that \"rclone lsd "
                            "{}\" works, and what -o rclone.program and rclone.args say",
                            shown_remote(remote_), said, shown_remote(remote_)));
  }
  throw Error(ErrorCode::kUsage,
              fmt::format("rclone did not say within {} s where it serves {}, but {}: see what -o "
                          "rclone.program and rclone.args say, or give it more time with -o "
                          "rclone.timeout",
                          std::chrono::duration_cast<std::chrono::seconds>(timeout).count(),
                          shown_remote(remote_), said));
}

void RcloneServer::read_lines() {
  std::string line;
  std::array<char, 4096> buffer;
  pollfd polled[] = {{process_.errors(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
  for (;;) {
    if (::poll(polled, 2, -1) < 0 && errno != EINTR) break;
    if (polled[1].revents != 0) break;
    if (polled[0].revents == 0) continue;
    const ssize_t got = ::read(process_.errors(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    for (const char c : std::string_view(buffer.data(), static_cast<std::size_t>(got))) {
      if (c == '\n') {
        take_line(std::exchange(line, {}));
      } else if (line.size() < kLongestLine) {
        line += c;
      }
    }
  }
  if (!line.empty()) take_line(std::move(line));
  const std::lock_guard lock(mutex_);
  has_ended_ = true;
  changed_.notify_all();
}

void RcloneServer::take_line(std::string line) {
  if (line.empty()) return;
  if (const std::optional<std::string> url = served_url(line)) {
    const std::lock_guard lock(mutex_);
    served_ = *url;
    changed_.notify_all();
    return;
  }
  replace_all(line, remote_, shown_remote(remote_));
  replace_all(line, password_, "***");
  line = one_line(line, kLongestLine);
  {
    const std::lock_guard lock(mutex_);
    last_words_ = line;
  }
  if (listener_ && is_news(line)) listener_(line);
}

}  // namespace snapfs
