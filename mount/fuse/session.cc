// libfuse's session with a loop of our own: libfuse's ends on a signal or an unmount only, this one
// when it is asked to, without closing the device under the threads that read it.
#include "mount/fuse/session.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <stop_token>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "fs/base/blocked_signals.h"
#include "fs/base/blocking_hint.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "mount/fuse/baton.h"
#include "mount/fuse/libfuse.h"
#include "mount/fuse/operations.h"

namespace snapfs {

namespace {

/// Where libfuse's messages of this thread go instead of to standard error.
thread_local std::string* captured_messages = nullptr;

__attribute__((format(printf, 2, 0))) void take_message(fuse_log_level, const char* format,
                                                        va_list arguments) {
  char line[512];
  std::vsnprintf(line, sizeof line, format, arguments);
  if (captured_messages != nullptr) {
    *captured_messages += line;
  } else {
    std::fputs(line, stderr);
  }
}

/// Collects what libfuse says while it lives, so that it becomes part of an Error.
class MessageCapture {
 public:
  MessageCapture() {
    fuse_set_log_func(take_message);
    captured_messages = &text_;
  }
  ~MessageCapture() { captured_messages = nullptr; }
  MessageCapture(const MessageCapture&) = delete;
  MessageCapture& operator=(const MessageCapture&) = delete;

  /// On one line, led by ": "; empty when nothing was said.
  std::string suffix() const {
    std::string line = text_;
    while (line.ends_with('\n')) line.pop_back();
    for (char& character : line) character = character == '\n' ? ';' : character;
    return line.empty() ? line : ": " + line;
  }

 private:
  std::string text_;
};

class Arguments {
 public:
  explicit Arguments(const std::vector<std::string>& options) {
    add("snapfs");
    for (const std::string& option : options) {
      add("-o");
      add(option.c_str());
    }
  }
  ~Arguments() { fuse_opt_free_args(&arguments_); }
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  fuse_args* get() noexcept { return &arguments_; }

 private:
  void add(const char* argument) {
    if (fuse_opt_add_arg(&arguments_, argument) != 0) throw std::bad_alloc();
  }

  fuse_args arguments_ = FUSE_ARGS_INIT(0, nullptr);
};

/// A worker's hold on the baton.
class BatonHold final : public BlockingListener {
 public:
  explicit BatonHold(Baton& baton) noexcept : baton_(baton) {}
  ~BatonHold() override { about_to_block(); }
  BatonHold(const BatonHold&) = delete;
  BatonHold& operator=(const BatonHold&) = delete;

  /// False when it was withdrawn.
  bool take() {
    if (!held_) held_ = baton_.take();
    return held_ && !baton_.withdrawn();
  }
  void about_to_block() noexcept override {
    if (std::exchange(held_, false)) baton_.pass();
  }

 private:
  Baton& baton_;
  bool held_ = false;
};

/// Has the kernel read ahead in the largest requests there are, several at a time, where it lets
/// us: as root, with a /sys that can be written to. Without that it asks for 128 KiB at a time.
void set_read_ahead(const std::string& mountpoint) noexcept {
  constexpr std::string_view kKibibytes = "4096";
  struct statx status {};
  // What the kernel knows: nobody answers its requests yet.
  if (::statx(AT_FDCWD, mountpoint.c_str(), AT_STATX_DONT_SYNC, STATX_TYPE, &status) != 0) return;
  std::array<char, 64> path{};
  std::snprintf(path.data(), path.size(), "/sys/class/bdi/%u:%u/read_ahead_kb",
                status.stx_dev_major, status.stx_dev_minor);
  const UniqueFd file(::open(path.data(), O_WRONLY | O_CLOEXEC));
  if (!file) return;
  [[maybe_unused]] const auto written = ::write(file.get(), kKibibytes.data(), kKibibytes.size());
}

void set_nonblocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
    throw_errno(errno, "set up", "/dev/fuse");
  }
}

}  // namespace

class FuseSession::Impl {
 public:
  Impl(FuseContext& context, std::string mountpoint, const std::vector<std::string>& options)
      : mountpoint_(std::move(mountpoint)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!wake_) throw_errno(errno, "create", "an event descriptor");
    const MessageCapture messages;
    Arguments arguments(options);
    session_ =
        fuse_session_new(arguments.get(), &fuse_operations(), sizeof(fuse_lowlevel_ops), &context);
    if (session_ == nullptr) fail("cannot set up FUSE", messages);
    if (fuse_session_mount(session_, mountpoint_.c_str()) != 0) {
      fuse_session_destroy(session_);
      fail("cannot mount on " + mountpoint_, messages);
    }
  }

  ~Impl() {
    fuse_session_unmount(session_);
    fuse_session_destroy(session_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void serve(unsigned threads, const StopToken& stop) {
    set_nonblocking(fuse_session_fd(session_));
    const std::stop_callback wake_on_stop(stop, [this] { end(); });
    {
      std::vector<std::jthread> workers;
      const BlockedSignals blocked;
      try {
        for (unsigned i = 0; i < threads; ++i) workers.emplace_back([this] { work(); });
      } catch (const std::system_error& error) {
        end();  // or those that did start would never return
        throw_errno(error.code().value(), "start threads for the mount on", mountpoint_);
      }
    }
    if (const int error = error_.load(); error != 0) {
      throw_errno(error, "read requests of the mount on", mountpoint_);
    }
  }

 private:
  [[noreturn]] void fail(const std::string& what, const MessageCapture& messages) const {
    throw Error(ErrorCode::kIo, what + messages.suffix(), mountpoint_);
  }

  /// Makes all workers return after what they are at.
  void end() noexcept {
    baton_.withdraw();
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
  }

  void work() noexcept {
    fuse_buf request{};
    BatonHold baton(baton_);
    const ScopedBlockingListener listener(baton);
    try {
      while (baton.take()) {
        if (!serve_one(request)) wait();
      }
    } catch (const Error&) {
      error_.store(EIO);
    }
    std::free(request.mem);
    end();
  }

  /// False when there is no request now.
  bool serve_one(fuse_buf& request) {
    const int received = fuse_session_receive_buf(session_, &request);
    if (received > 0) {
      fuse_session_process_buf(session_, &request);
      // The first request is INIT, and its answer would lower the read-ahead again.
      if (!initialized_.exchange(true)) set_read_ahead(mountpoint_);
      return true;
    }
    if (received == -EAGAIN) return false;
    if (received == -EINTR) return true;
    if (received < 0) error_.store(-received);
    end();  // 0: unmounted
    return true;
  }

  void wait() {
    std::array<pollfd, 2> sources{pollfd{fuse_session_fd(session_), POLLIN, 0},
                                  pollfd{wake_.get(), POLLIN, 0}};
    if (::poll(sources.data(), sources.size(), -1) < 0 && errno != EINTR) {
      throw_errno(errno, "wait for requests on", "/dev/fuse");
    }
  }

  const std::string mountpoint_;
  UniqueFd wake_;
  fuse_session* session_ = nullptr;
  Baton baton_;
  std::atomic<bool> initialized_{false};
  std::atomic<int> error_{0};
};

FuseSession::FuseSession(FuseContext& context, std::string mountpoint,
                         const std::vector<std::string>& options)
    : impl_(std::make_unique<Impl>(context, std::move(mountpoint), options)) {}

FuseSession::~FuseSession() = default;

void FuseSession::serve(unsigned threads, StopToken stop) { impl_->serve(threads, stop); }

}  // namespace snapfs
