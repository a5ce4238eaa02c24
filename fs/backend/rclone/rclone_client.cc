#include "fs/backend/rclone/rclone_client.h"

#include <unistd.h>

#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs {
namespace {

/// Where rclone was started by another program, such as ssh, it may serve elsewhere.
void require_answer(const RcloneServer& server, HttpClient& client, const StopToken& stop) {
  try {
    client.perform({.method = "OPTIONS", .url = server.url()}, stop);
  } catch (const Error& error) {
    if (!error.retryable()) throw;
    throw Error(ErrorCode::kUsage,
                fmt::format("rclone says that it serves at {}, where nobody answers: -o "
                            "rclone.program must run it on this machine ({})",
                            server.url(), error.what()));
  }
}

/// Those of now: when rclone is started again, they may be in our environment no more.
RcloneOptions with_passwords(RcloneOptions options) {
  const std::vector<std::string> found = rclone_passwords(environ);
  options.passwords.insert(options.passwords.end(), found.begin(), found.end());
  return options;
}

}  // namespace

struct RcloneClient::Running {
  RcloneServer server;
  std::unique_ptr<HttpClient> client;
};

RcloneClient::RcloneClient(RcloneOptions options, std::string remote, RcloneListener listener,
                           MakeClient make_client)
    : options_(with_passwords(std::move(options))),
      remote_(std::move(remote)),
      listener_(std::move(listener)),
      make_client_(std::move(make_client)) {}

RcloneClient::~RcloneClient() = default;

std::shared_ptr<RcloneClient::Running> RcloneClient::start(const StopToken& stop) const {
  std::shared_ptr<Running> started(new Running{
      .server = RcloneServer(options_, remote_, listener_, stop), .client = make_client_()});
  require_answer(started->server, *started->client, stop);
  return started;
}

/// The server, started if there is none; one call does so, and the others wait: they fail with what
/// that one did, so that a remote that is wrong is tried, and says so, once.
std::shared_ptr<RcloneClient::Running> RcloneClient::running(const StopToken& stop) {
  std::unique_lock lock(mutex_);
  const std::uint64_t failures = failures_;
  ++waiting_;
  const bool is_over = changed_.wait(lock, stop, [this] { return !is_starting_; });
  --waiting_;
  if (!is_over) throw cancelled_error();
  if (failures_ != failures) throw Error(*last_failure_);
  if (running_ && !running_->server.has_ended()) return running_;
  is_starting_ = true;
  std::shared_ptr<Running> started = std::exchange(running_, nullptr);
  lock.unlock();
  std::optional<Error> failure;
  try {
    started.reset();
    started = start(stop);
  } catch (...) {
    failure = current_error();
  }
  lock.lock();
  is_starting_ = false;
  running_ = started;
  if (failure && has_served_ && failure->code() == ErrorCode::kUsage) {
    failure = Error(ErrorCode::kUnavailable, failure->what());
  }
  // Whoever was stopped failed for himself alone.
  if (failure && !stop.stop_requested()) {
    ++failures_;
    last_failure_ = failure;
  }
  has_served_ = has_served_ || started != nullptr;
  changed_.notify_all();
  if (failure) throw Error(*failure);
  return started;
}

unsigned RcloneClient::waiting() {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

HttpResponse RcloneClient::perform(const HttpRequest& request, const StopToken& stop) {
  throw_if_stopped(stop);
  const std::shared_ptr<Running> running = this->running(stop);
  HttpRequest sent = request;
  sent.url = running->server.url() + request.url;
  sent.headers.emplace_back("Authorization", running->server.authorization());
  try {
    return running->client->perform(sent, stop);
  } catch (const Error& error) {
    if (!error.retryable() || !running->server.has_ended()) throw;
    const std::string words = running->server.last_words();
    throw Error(ErrorCode::kUnavailable,
                fmt::format("rclone has ended{}", words.empty() ? "" : ": " + words));
  }
}

}  // namespace snapfs
