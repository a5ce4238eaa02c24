#include "fs/backend/rclone/rclone_client.h"

#include <utility>

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

}  // namespace

struct RcloneClient::Running {
  RcloneServer server;
  std::unique_ptr<HttpClient> client;
};

RcloneClient::RcloneClient(RcloneOptions options, std::string remote, RcloneListener listener,
                           MakeClient make_client)
    : options_(std::move(options)),
      remote_(std::move(remote)),
      listener_(std::move(listener)),
      make_client_(std::move(make_client)) {}

RcloneClient::~RcloneClient() = default;

std::shared_ptr<RcloneClient::Running> RcloneClient::start(const StopToken& stop) const {
  const std::shared_ptr<Running> started(new Running{
      .server = RcloneServer(options_, remote_, listener_, stop), .client = make_client_()});
  require_answer(started->server, *started->client, stop);
  return started;
}

/// The server, started if there is none; one call does so, the others wait.
std::shared_ptr<RcloneClient::Running> RcloneClient::running(const StopToken& stop) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait(lock, stop, [this] { return !is_starting_; })) throw cancelled_error();
  if (running_ && !running_->server.has_ended()) return running_;
  is_starting_ = true;
  std::shared_ptr<Running> started = std::exchange(running_, nullptr);
  const bool has_served = has_served_;
  lock.unlock();
  std::exception_ptr failure;
  try {
    started.reset();
    started = start(stop);
  } catch (...) {
    failure = std::current_exception();
  }
  lock.lock();
  is_starting_ = false;
  running_ = started;
  has_served_ = has_served || started != nullptr;
  changed_.notify_all();
  lock.unlock();
  if (!failure) return started;
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    if (!has_served || error.code() != ErrorCode::kUsage) throw;
    throw Error(ErrorCode::kUnavailable, error.what());
  }
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
