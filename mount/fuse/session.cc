// libfuse's session with a loop of our own: libfuse's ends on a signal or an unmount only, this one
// when it is asked to, without closing the device under the threads that read it.
#include "mount/fuse/session.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "fs/base/blocked_signals.h"
#include "fs/base/blocking_hint.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/mount_table.h"
#include "mount/fuse/baton.h"
#include "mount/fuse/errno_guard.h"
#include "mount/fuse/libfuse.h"
#include "mount/fuse/operations.h"
#include "mount/fuse/pending_request.h"
#include "mount/model/page_cache.h"

namespace snapfs {

namespace {

/// Of which all but a few may wait for storage that hangs.
constexpr std::size_t kMaxThreads = 64;

/// Where libfuse's messages of this thread go instead of to the log.
thread_local std::string* captured_messages = nullptr;

__attribute__((format(printf, 2, 0))) void take_message(fuse_log_level, const char* format,
                                                        va_list arguments) {
  char line[512];
  std::vsnprintf(line, sizeof line, format, arguments);
  if (captured_messages != nullptr) {
    *captured_messages += line;
  } else {
    std::string_view text = line;
    while (text.ends_with('\n')) text.remove_suffix(1);
    log_mount("libfuse", text);
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
    if (PendingRequest* const pending = PendingRequest::current()) pending->about_to_block();
    if (std::exchange(held_, false)) baton_.pass();
  }

 private:
  Baton& baton_;
  bool held_ = false;
};

/// What the kernel's table says of the mount. Not statx(): nobody may be there to answer requests,
/// and kernels before 4.20 send one even with AT_STATX_DONT_SYNC.
std::optional<MountEntry> entry_of(const std::string& mountpoint) noexcept {
  try {
    return find_mount(read_mount_table(), mountpoint);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

/// Has the kernel read ahead in the largest requests there are, several at a time, where it lets
/// us: as root, with a /sys that can be written to. Without that it asks for 128 KiB at a time.
void set_read_ahead(const MountEntry& entry) noexcept {
  constexpr std::string_view kKibibytes = "4096";
  std::array<char, 64> path{};
  std::snprintf(path.data(), path.size(), "/sys/class/bdi/%u:%u/read_ahead_kb", entry.device_major,
                entry.device_minor);
  const UniqueFd file(::open(path.data(), O_WRONLY | O_CLOEXEC));
  if (!file) return;
  [[maybe_unused]] const auto written = ::write(file.get(), kKibibytes.data(), kKibibytes.size());
}

/// What is stored in several pieces, such as holes between data, is joined.
ByteView in_one_piece(const FileSlice& content, Bytes& joined) {
  if (content.pieces.size() == 1) return content.pieces.front().bytes;
  joined.reserve(content.size());
  for (const FileSlice::Piece& piece : content.pieces) append(joined, piece.bytes);
  return joined;
}

void set_nonblocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
    throw_errno(errno, "set up", "/dev/fuse");
  }
}

}  // namespace

class FuseSession::Impl final : private PageCache {
 public:
  Impl(FuseContext& context, std::string mountpoint, const std::vector<std::string>& options)
      : context_(context),
        mountpoint_(std::move(mountpoint)),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
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
    entry_ = entry_of(mountpoint_);
  }

  ~Impl() override {
    fuse_session_unmount(session_);
    fuse_session_destroy(session_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void serve(unsigned threads, StopSource& stop) {
    set_nonblocking(fuse_session_fd(session_));
    stop_ = &stop;
    context_.fs.pusher().begin(*this);
    const std::jthread teller = start_teller();
    const CallsEnd calls_end_first(*this);
    const std::stop_callback wake_on_stop(stop.get_token(), [this] { end(); });
    {
      Workers workers;
      const BlockedSignals blocked;
      {
        const std::lock_guard lock(workers.mutex);
        for (unsigned i = 0; i < threads && start_worker(workers); ++i) continue;
      }
      const std::jthread watch = start_watch(workers);
      // Ended by the last of them: the watch may add some until then.
      std::unique_lock lock(workers.mutex);
      workers.ended.wait(lock, [&] { return workers.running == 0; });
    }
    if (const int error = error_.load(); error != 0) {
      throw_errno(error, "read requests of the mount on", mountpoint_);
    }
  }

 private:
  /// No thread calls the kernel any more when the session goes.
  class CallsEnd {
   public:
    explicit CallsEnd(Impl& session) noexcept : session_(session) {}
    ~CallsEnd() {
      // Nobody answers requests any more. Without an error the kernel is not being called either.
      session_.context_.fs.pusher().end({});
      session_.context_.fs.gone_names().end({});
      if (session_.error_.load() != 0) session_.abort_connection();
      session_.context_.fs.pusher().wait();
    }
    CallsEnd(const CallsEnd&) = delete;
    CallsEnd& operator=(const CallsEnd&) = delete;

   private:
    Impl& session_;
  };

  int store(Ino file, const FileSlice& content) noexcept override {
    try {
      Bytes joined;
      const ByteView bytes = in_one_piece(content, joined);
      fuse_bufvec buffer{};
      buffer.count = 1;
      buffer.buf[0].size = bytes.size();
      buffer.buf[0].fd = -1;
      // It is only read from.
      buffer.buf[0].mem = const_cast<std::uint8_t*>(bytes.data());
      return -fuse_lowlevel_notify_store(session_, file, 0, &buffer, fuse_buf_copy_flags{});
    } catch (const std::bad_alloc&) {
      return ENOMEM;
    }
  }

  bool is_being_read(Ino file) const noexcept override {
    return context_.stats.is_in_flight(RequestKind::kRead, file);
  }

  /// Without it the kernel forgets names when its memory is short.
  std::jthread start_teller() {
    GoneNames& names = context_.fs.gone_names();
    const BlockedSignals blocked;
    try {
      return std::jthread([this, &names] {
        names.run([this](const VirtualTree::GoneName& gone) {
          if (!context_.fs.is_told(gone)) return;
          const auto& [directory, name] = gone.name;
          fuse_lowlevel_notify_inval_entry(session_, directory, name.data(), name.size());
        });
      });
    } catch (const std::system_error&) {
      return {};
    }
  }

  /// Has the kernel fail everything that it waits for here. For when requests cannot be read any
  /// more, though it is mounted.
  void abort_connection() noexcept {
    if (entry_) {
      std::array<char, 64> path{};
      std::snprintf(path.data(), path.size(), "/sys/fs/fuse/connections/%u/abort",
                    entry_->device_minor);
      const UniqueFd file(::open(path.data(), O_WRONLY | O_CLOEXEC));
      if (file && ::write(file.get(), "1", 1) == 1) return;
    }
    ::umount2(mountpoint_.c_str(), MNT_FORCE);  // aborts, whether it can be unmounted or not
  }

  [[noreturn]] void fail(const std::string& what, const MessageCapture& messages) const {
    throw Error(ErrorCode::kIo, what + messages.suffix(), mountpoint_);
  }

  struct Workers {
    std::mutex mutex;
    std::condition_variable ended;
    unsigned running = 0;
    std::uint64_t answered_at_last_step = 0;
    bool were_all_busy = false;
    std::vector<std::jthread> threads;  ///< the last member: joined before the others go
  };

  /// False when the system gives no more threads, and there are others. Under the lock.
  bool start_worker(Workers& workers) {
    try {
      workers.threads.emplace_back([this, &workers] {
        work();
        const std::lock_guard lock(workers.mutex);
        if (--workers.running == 0) workers.ended.notify_all();
      });
      ++workers.running;
      return true;
    } catch (const std::exception&) {
      // The system's words are "resource temporarily unavailable", whatever is lacking.
      if (workers.running == 0) throw_errno(EAGAIN, "start a thread for the mount on", mountpoint_);
      log_mount("start", "the system gives no more threads: going on with those there are");
      return false;
    }
  }

  /// Without it the mount works, as long as its storage does.
  std::jthread start_watch(Workers& workers) {
    try {
      return std::jthread([this, &workers](const StopToken& stop) {
        context_.watch.run(stop, [&] { add_worker_if_stuck(workers); });
      });
    } catch (const std::system_error&) {
      log_mount("start", "the system gives no more threads: requests have no time limit");
      return {};
    }
  }

  /// At two steps nobody was there to take a request, and between them none was answered: the
  /// storage hangs. What needs no storage shall still be served.
  void add_worker_if_stuck(Workers& workers) {
    const std::lock_guard lock(workers.mutex);
    const std::uint64_t answered = answered_.load(std::memory_order_relaxed);
    const bool all_busy = baton_.is_abandoned();
    const bool stuck =
        all_busy && workers.were_all_busy && answered == workers.answered_at_last_step;
    workers.were_all_busy = all_busy;
    workers.answered_at_last_step = answered;
    if (stuck && workers.running != 0 && workers.threads.size() < kMaxThreads) {
      start_worker(workers);
    }
  }

  /// Makes all workers return after what they are at. What the kernel is called for may wait for an
  /// answer: they go on until it is through.
  void end() noexcept {
    stop_->request_stop();
    context_.fs.pusher().end([this] { context_.fs.gone_names().end([this] { end_workers(); }); });
  }

  void end_workers() noexcept {
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
    stop_->request_stop();
    end_workers();
  }

  /// False when there is no request now.
  bool serve_one(fuse_buf& request) {
    const int received = fuse_session_receive_buf(session_, &request);
    if (received > 0) {
      fuse_session_process_buf(session_, &request);
      answered_.fetch_add(1, std::memory_order_relaxed);
      // The first request is INIT, and its answer would lower the read-ahead again.
      if (!initialized_.exchange(true) && entry_) set_read_ahead(*entry_);
      return true;
    }
    if (received == -EAGAIN) return false;
    if (received == -EINTR) return true;
    if (received < 0) error_.store(-received);
    // 0: unmounted. The kernel itself has ended what waits for an answer.
    stop_->request_stop();
    end_workers();
    return true;
  }

  void wait() {
    std::array<pollfd, 2> sources{pollfd{fuse_session_fd(session_), POLLIN, 0},
                                  pollfd{wake_.get(), POLLIN, 0}};
    if (::poll(sources.data(), sources.size(), -1) < 0 && errno != EINTR) {
      throw_errno(errno, "wait for requests on", "/dev/fuse");
    }
  }

  FuseContext& context_;
  const std::string mountpoint_;
  UniqueFd wake_;
  StopSource* stop_ = nullptr;
  fuse_session* session_ = nullptr;
  std::optional<MountEntry> entry_;  ///< nothing when the table could not be read
  Baton baton_;
  std::atomic<bool> initialized_{false};
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<int> error_{0};
};

FuseSession::FuseSession(FuseContext& context, std::string mountpoint,
                         const std::vector<std::string>& options)
    : impl_(std::make_unique<Impl>(context, std::move(mountpoint), options)) {}

FuseSession::~FuseSession() = default;

void FuseSession::serve(unsigned threads, StopSource& stop) { impl_->serve(threads, stop); }

}  // namespace snapfs
