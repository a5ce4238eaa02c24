// One thread moves all bytes: it writes what callers have put into a queue, cuts what comes back
// into packets, and puts each answer where the call that has its number waits. So a caller never
// waits for a pipe, only for its answer, the end of the connection, or a stop. Numbers are given
// out anew only when their answers have come, also when nobody waits for these any more.
//
// When the program ends, says what is no SFTP, or is silent for too long, the thread notes why, and
// every call that waits, and every later one, fails with that.
#include "fs/backend/sftp/sftp_connection.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "fs/backend/sftp/sftp_call.h"
#include "fs/backend/sftp/sftp_status.h"
#include "fs/base/blocked_signals.h"
#include "fs/base/error.h"
#include "fs/base/one_line.h"

namespace snapfs {
namespace {

using std::chrono::milliseconds;

/// How long what nobody waits for may take at the end, and the program to end by itself: a round
/// trip to the other side of the world. The end is to come within a second of a Ctrl-C.
constexpr milliseconds kGrace{250};

constexpr std::size_t kMostBeginning = 120;
constexpr std::size_t kReadBytes = 64 << 10;

bool would_block(int error) { return error == EAGAIN || error == EINTR; }

}  // namespace

SftpConnection::SftpConnection(const SftpStart& start, const StopToken& stop)
    : stuck_timeout_(start.stuck_timeout),
      program_(start.command, start.may_ask, stop),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wake_) throw_errno(errno, "make an event for", program_.name());
  try {
    out_.push_back({0, SftpRequest(SftpType::kInit).finish(kSftpVersion)});
    const BlockedSignals blocked;
    thread_ = std::thread([this] { run(); });
    meet(stop);
  } catch (...) {
    begin_end(milliseconds(0));
    end_program();
    throw;
  }
  program_.take_terminal_back();
}

/// Waits for the server's first packet, and asks for its limits.
void SftpConnection::meet(const StopToken& stop) {
  {
    std::unique_lock lock(mutex_);
    answered_.wait(lock, stop, [this] { return has_answered_ || broken_; });
    throw_if_stopped(stop);
    if (broken_) throw Error(*broken_);
  }
  if (!server_.has_limits) return;
  // Not by an SftpCall, which shares a connection that there is already.
  SftpCall call({std::shared_ptr<SftpConnection>(), this}, stop);
  const SftpReply reply = call.ask(SftpRequest(SftpType::kExtended).string("limits@openssh.com"));
  if (reply.type() == SftpType::kExtendedReply) server_.take_limits(reply);
}

SftpConnection::~SftpConnection() { end_program(); }

void SftpConnection::begin_end() noexcept { begin_end(kGrace); }

void SftpConnection::begin_end(milliseconds grace) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (!end_by_) end_by_ = Clock::now() + grace;
  }
  wake();
}

void SftpConnection::give_up(const Error& why) {
  {
    const std::lock_guard lock(mutex_);
    if (!broken_) broken_ = why;
    end_by_ = Clock::now();
    for (const auto& [id, pending] : pending_) {
      if (pending.call != nullptr) pending.call->changed_.notify_all();
    }
  }
  wake();
}

void SftpConnection::end_program() noexcept {
  begin_end();
  if (thread_.joinable()) thread_.join();
  program_.terminate(kGrace);
}

bool SftpConnection::is_broken() const {
  const std::lock_guard lock(mutex_);
  return broken_.has_value();
}

unsigned SftpConnection::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

void SftpConnection::wake() noexcept { ::eventfd_write(wake_.get(), 1); }

std::uint32_t SftpConnection::enqueue(SftpRequest request, SftpCall* call) {
  const std::lock_guard lock(mutex_);
  if (broken_) throw Error(*broken_);
  do {
    ++last_id_;
  } while (pending_.contains(last_id_));
  const bool opens = request.opens();
  out_.push_back({last_id_, std::move(request).finish(last_id_)});
  pending_.emplace(last_id_, Pending{call, opens});
  wake();
  return last_id_;
}

/// The thread.
void SftpConnection::run() noexcept {
  Error why(ErrorCode::kUnavailable, "the connection to the SFTP server was closed");
  try {
    serve();
  } catch (...) {
    why = current_error();
  }
  const std::lock_guard lock(mutex_);
  if (!broken_) broken_ = why;
  out_.clear();
  for (const auto& [id, pending] : pending_) {
    if (pending.call != nullptr) pending.call->changed_.notify_all();
  }
  answered_.notify_all();
}

/// Returns when the end was begun and nothing is left to be answered; throws why the connection is
/// broken.
void SftpConnection::serve() {
  for (;;) {
    const int patience = time_left();
    if (patience == 0) {
      const std::lock_guard lock(mutex_);
      if (end_by_) return;
      throw Error(
          ErrorCode::kUnavailable,
          fmt::format("the SFTP server did not answer for {} s",
                      std::chrono::duration_cast<std::chrono::seconds>(stuck_timeout_).count()));
    }
    bool has_output = false;
    {
      const std::lock_guard lock(mutex_);
      if (end_by_ && out_.empty() && pending_.empty()) return;
      has_output = !out_.empty();
    }
    // A negative descriptor is passed over.
    std::array<pollfd, 4> polled = {{{wake_.get(), POLLIN, 0},
                                     {program_.output(), POLLIN, 0},
                                     {program_.errors(), POLLIN, 0},
                                     {has_output ? program_.input() : -1, POLLOUT, 0}}};
    if (::poll(polled.data(), polled.size(), patience) < 0 && errno != EINTR) {
      throw_errno(errno, "wait for", program_.name());
    }
    eventfd_t value = 0;
    if (polled[0].revents != 0) ::eventfd_read(wake_.get(), &value);
    if (polled[2].revents != 0) program_.read_errors();
    if (polled[1].revents != 0 && !read_some()) program_.throw_end(has_answered_);
    if (polled[3].revents != 0) write_some();
  }
}

bool SftpConnection::waits_for_server() const {
  return !has_answered_ || !out_.empty() || !pending_.empty();
}

/// Milliseconds until the server, or the end, has taken too long; -1 when nobody waits for it.
int SftpConnection::time_left() {
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = Clock::now();
  if (!waits_for_server()) {
    last_moved_.reset();
    return -1;
  }
  if (!last_moved_) last_moved_ = now;
  Clock::time_point end = *last_moved_ + stuck_timeout_;
  if (end_by_) end = std::min(end, *end_by_);
  const auto left = std::chrono::ceil<milliseconds>(end - now).count();
  return static_cast<int>(std::clamp<milliseconds::rep>(left, 0, 1 << 30));
}

void SftpConnection::write_some() {
  const Bytes* first = nullptr;
  {
    const std::lock_guard lock(mutex_);
    first = &out_.front().bytes;  // only this thread takes it away
  }
  const ssize_t written =
      ::write(program_.input(), first->data() + out_done_, first->size() - out_done_);
  if (written < 0) {
    // A pipe without a reader: what the program says of that comes by the others.
    if (errno == EPIPE) program_.throw_end(has_answered_);
    if (would_block(errno)) return;
    throw_errno(errno, "write to", program_.name());
  }
  last_moved_ = Clock::now();
  out_done_ += static_cast<std::size_t>(written);
  if (out_done_ < first->size()) return;
  const std::lock_guard lock(mutex_);
  out_.pop_front();
  out_done_ = 0;
}

/// False at the end.
bool SftpConnection::read_some() {
  std::array<std::uint8_t, kReadBytes> buffer;
  const ssize_t got = ::read(program_.output(), buffer.data(), buffer.size());
  if (got < 0 && would_block(errno)) return true;
  if (got <= 0) return false;
  last_moved_ = Clock::now();
  const ByteView bytes(buffer.data(), static_cast<std::size_t>(got));
  if (!has_answered_ && beginning_.size() < kMostBeginning) {
    beginning_.append(as_text(bytes).substr(0, kMostBeginning - beginning_.size()));
  }
  try {
    packets_.add(bytes);
    while (std::optional<Bytes> packet = packets_.next()) take_packet(std::move(*packet));
  } catch (const Error& error) {
    if (has_answered_ || error.code() != ErrorCode::kUnavailable) throw;
    throw Error(ErrorCode::kUnsupported,
                fmt::format("what answers is no SFTP server, it says \"{}\": what a login prints "
                            "there (in .bashrc, say) has to be silent for programs",
                            one_line(beginning_)));
  }
  return true;
}

void SftpConnection::take_packet(Bytes packet) {
  if (!has_answered_) {
    if (static_cast<SftpType>(packet.front()) != SftpType::kVersion)
      throw sftp_nonsense("no version first of all");
    server_ = SftpServer::decode(ByteView(packet).subspan(1));
    const std::lock_guard lock(mutex_);
    has_answered_ = true;
    answered_.notify_all();
    return;
  }
  take_answer(SftpReply::of(std::move(packet)));
}

void SftpConnection::take_answer(SftpReply reply) {
  const std::uint32_t id = reply.id();
  std::optional<SftpRequest> close;
  {
    const std::lock_guard lock(mutex_);
    const auto found = pending_.find(id);
    if (found == pending_.end()) throw sftp_nonsense("an answer to nothing that was asked");
    const Pending pending = found->second;
    pending_.erase(found);
    if (pending.call != nullptr) {
      pending.call->arrived_.emplace(id, std::move(reply));
      pending.call->changed_.notify_all();
    } else if (pending.opens && reply.type() == SftpType::kHandle) {
      close = SftpRequest(SftpType::kClose).string(decode_handle(reply));
    }
  }
  if (close) enqueue(std::move(*close), nullptr);
}

/// What the call has not sent yet is not sent any more; what it has sent is nobody's.
void SftpConnection::forget(const SftpCall& call) {
  const std::lock_guard lock(mutex_);
  --calls_;
  for (auto packet = out_.begin(); packet != out_.end();) {
    const auto pending = pending_.find(packet->id);
    const bool is_in_hand = packet == out_.begin();
    if (is_in_hand || pending == pending_.end() || pending->second.call != &call) {
      ++packet;
      continue;
    }
    pending_.erase(pending);
    packet = out_.erase(packet);
  }
  for (auto& [id, pending] : pending_) {
    if (pending.call == &call) pending.call = nullptr;
  }
}

}  // namespace snapfs
