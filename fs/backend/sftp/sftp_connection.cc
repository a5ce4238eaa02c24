// One thread moves all bytes: it writes what callers have put into a queue, cuts what comes back
// into packets, and puts each answer where the call that has its number waits. So a caller never
// waits for a pipe, only for its answer, the end of the connection, or a stop. Numbers are given
// out anew only when their answers have come, also when nobody waits for these any more.
//
// When the program ends, says what is no SFTP, or is silent for too long, the thread notes why, and
// every call that waits, and every later one, fails with that.
#include "fs/backend/sftp/sftp_connection.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "fs/backend/sftp/sftp_status.h"
#include "fs/backend/sftp/ssh_failure.h"
#include "fs/base/blocked_signals.h"
#include "fs/base/deadline.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

using std::chrono::milliseconds;

/// How long what nobody waits for may take at the end, and the program to end by itself: a round
/// trip to the other side of the world. The end is to come within a second of a Ctrl-C.
constexpr milliseconds kGrace{250};

/// How long a program that has closed its output may take to say why.
constexpr milliseconds kLastWords{1000};
constexpr std::size_t kMostErrors = 8 << 10;
constexpr std::size_t kMostBeginning = 120;
constexpr std::size_t kReadBytes = 64 << 10;
constexpr int kInterruptedStatus = 128 + SIGINT;

/// Ours, of a pipe: the program's is as it was.
void do_not_block(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

bool would_block(int error) { return error == EAGAIN || error == EINTR; }

void keep_end(std::string& text, std::size_t most) {
  if (text.size() > most) text.erase(0, text.size() - most);
}

}  // namespace

SftpConnection::SftpConnection(const SftpStart& start, const StopToken& stop)
    : program_(start.command.front()),
      stuck_timeout_(start.stuck_timeout),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  throw_if_stopped(stop);
  if (!wake_) throw_errno(errno, "make an event for", program_);
  ChildOptions options;
  options.input = ChildInput::kPipe;
  options.errors = ChildErrors::kPipe;
  options.terminal = start.may_ask ? ChildTerminal::kLent : ChildTerminal::kNone;
  options.secrets = ChildSecrets::kNone;
  try {
    child_ = std::make_unique<ChildProcess>(start.command, options);
  } catch (const Error& error) {
    // A program that is missing says nothing of what is stored.
    if (error.code() == ErrorCode::kOutOfResources) throw;
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{}: install OpenSSH's client, or name another program with the "
                            "option sftp.command",
                            error.what()));
  }
  for (const int fd : {child_->input(), child_->output(), child_->errors()}) do_not_block(fd);
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
  child_->take_terminal_back();
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
  child_->terminate(kGrace);
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
                                     {child_->output(), POLLIN, 0},
                                     {errors_ended_ ? -1 : child_->errors(), POLLIN, 0},
                                     {has_output ? child_->input() : -1, POLLOUT, 0}}};
    if (::poll(polled.data(), polled.size(), patience) < 0 && errno != EINTR) {
      throw_errno(errno, "wait for", program_);
    }
    eventfd_t value = 0;
    if (polled[0].revents != 0) ::eventfd_read(wake_.get(), &value);
    if (polled[2].revents != 0) read_errors();
    if (polled[1].revents != 0 && !read_some()) throw_end();
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
      ::write(child_->input(), first->data() + out_done_, first->size() - out_done_);
  if (written < 0) {
    // A pipe without a reader: what the program says of that comes by the others.
    if (errno == EPIPE) throw_end();
    if (would_block(errno)) return;
    throw_errno(errno, "write to", program_);
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
  const ssize_t got = ::read(child_->output(), buffer.data(), buffer.size());
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

void SftpConnection::read_errors() {
  std::array<char, 4096> buffer;
  ssize_t got = 0;
  while ((got = ::read(child_->errors(), buffer.data(), buffer.size())) > 0) {
    errors_.append(buffer.data(), static_cast<std::size_t>(got));
    keep_end(errors_, kMostErrors);
  }
  if (got == 0 || !would_block(errno)) errors_ended_ = true;
}

/// The program has closed its output: says why, in its own words.
void SftpConnection::throw_end() {
  child_->close_input();
  int status = 0;
  try {
    status = within(kLastWords, [this](const StopToken& stop) { return child_->wait(stop); });
  } catch (const Error&) {
    throw Error(ErrorCode::kUnavailable, program_ + " closed the connection to the SFTP server");
  }
  read_errors();
  if (!has_answered_ && status == kInterruptedStatus) throw cancelled_error();
  throw ssh_failure({program_, status, errors_, has_answered_});
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

SftpCall::SftpCall(std::shared_ptr<SftpConnection> connection, StopToken stop)
    : connection_(std::move(connection)), stop_(std::move(stop)) {
  const std::lock_guard lock(connection_->mutex_);
  ++connection_->calls_;
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

SftpCall::~SftpCall() {
  connection_->forget(*this);
  for (const auto& [id, reply] : arrived_) {
    if (reply.type() == SftpType::kHandle) close_quietly(reply);
  }
}

/// Of a handle that came too late for whoever wanted it.
void SftpCall::close_quietly(const SftpReply& handle) noexcept {
  try {
    tell(SftpRequest(SftpType::kClose).string(decode_handle(handle)));
  } catch (const std::exception&) {
    // It was none.
  }
}

void SftpCall::give_up_connection(const Error& why) { connection_->give_up(why); }

std::uint32_t SftpCall::send(SftpRequest request) {
  throw_if_stopped(stop_);
  return connection_->enqueue(std::move(request), this);
}

SftpReply SftpCall::receive(std::uint32_t id) {
  std::unique_lock lock(connection_->mutex_);
  changed_.wait(lock, stop_, [&] { return arrived_.contains(id) || connection_->broken_; });
  const auto found = arrived_.find(id);
  if (found == arrived_.end()) {
    if (connection_->broken_) throw Error(*connection_->broken_);
    throw cancelled_error();
  }
  SftpReply reply = std::move(found->second);
  arrived_.erase(found);
  return reply;
}

void SftpCall::tell(SftpRequest request) noexcept {
  try {
    connection_->enqueue(std::move(request), nullptr);
  } catch (const std::exception&) {
    // The server forgets its files with the connection.
  }
}

}  // namespace snapfs
