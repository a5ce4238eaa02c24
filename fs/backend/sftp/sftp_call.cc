#include "fs/backend/sftp/sftp_call.h"

#include <exception>
#include <mutex>
#include <utility>

namespace snapfs {

SftpCall::SftpCall(std::shared_ptr<SftpConnection> connection, StopToken stop)
    : connection_(std::move(connection)), stop_(std::move(stop)) {
  const std::lock_guard lock(connection_->mutex_);
  ++connection_->calls_;
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
