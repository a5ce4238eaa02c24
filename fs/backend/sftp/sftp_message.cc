#include "fs/backend/sftp/sftp_message.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs {
namespace {

constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kHeaderBytes = 1 + 4;  ///< the type and the ID

constexpr std::uint32_t kHasSize = 0x01;
constexpr std::uint32_t kHasOwners = 0x02;
constexpr std::uint32_t kHasPermissions = 0x04;
constexpr std::uint32_t kHasTimes = 0x08;
constexpr std::uint32_t kHasExtended = 0x80000000;

/// Data that leave room for the rest of a packet of 256 KiB, which is as much as servers take.
constexpr std::uint64_t kMostDataBytes = 255 << 10;

void put_number(std::uint8_t* out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) *out++ = static_cast<std::uint8_t>(value >> shift);
}

void require_type(const SftpReply& reply, SftpType wanted) {
  if (reply.type() != wanted) {
    throw sftp_nonsense(fmt::format("an answer of the type {} where one of the type {} was due",
                                    unsigned(reply.type()), unsigned(wanted)));
  }
}

}  // namespace

Error sftp_nonsense(std::string_view what) {
  return {ErrorCode::kUnavailable, fmt::format("the SFTP server sent {}", what)};
}

SftpRequest::SftpRequest(SftpType type) : type_(type) {
  bytes_.resize(kLengthBytes + kHeaderBytes);  // the length and the ID are put in at the end
  bytes_[kLengthBytes] = static_cast<std::uint8_t>(type);
}

void SftpRequest::put(std::uint32_t value) {
  std::uint8_t digits[4];
  put_number(digits, value);
  append(bytes_, ByteView(digits));
}

SftpRequest&& SftpRequest::number(std::uint32_t value) && {
  put(value);
  return std::move(*this);
}

SftpRequest&& SftpRequest::long_number(std::uint64_t value) && {
  put(static_cast<std::uint32_t>(value >> 32));
  put(static_cast<std::uint32_t>(value));
  return std::move(*this);
}

SftpRequest&& SftpRequest::string(ByteView bytes) && {
  put(static_cast<std::uint32_t>(bytes.size()));
  append(bytes_, bytes);
  return std::move(*this);
}

SftpRequest&& SftpRequest::permissions(std::uint32_t mode) && {
  put(kHasPermissions);
  put(mode);
  return std::move(*this);
}

Bytes SftpRequest::finish(std::uint32_t id) && {
  put_number(bytes_.data(), static_cast<std::uint32_t>(bytes_.size() - kLengthBytes));
  put_number(bytes_.data() + kLengthBytes + 1, id);
  return std::move(bytes_);
}

ByteView SftpFields::take(std::size_t count) {
  if (count > rest_.size()) throw sftp_nonsense("a packet that is too short for what is in it");
  const ByteView taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return taken;
}

std::uint8_t SftpFields::byte() { return take(1).front(); }

std::uint32_t SftpFields::number() {
  std::uint32_t value = 0;
  for (const std::uint8_t digit : take(4)) value = value << 8 | digit;
  return value;
}

std::uint64_t SftpFields::long_number() {
  const std::uint64_t high = number();
  return high << 32 | number();
}

ByteView SftpFields::string() { return take(number()); }

SftpReply SftpReply::of(Bytes packet) {
  if (packet.size() < kHeaderBytes) throw sftp_nonsense("an answer without a number");
  return {std::move(packet)};
}

std::uint32_t SftpReply::id() const { return SftpFields(ByteView(packet).subspan(1)).number(); }

ByteView SftpReply::body() const { return ByteView(packet).subspan(kHeaderBytes); }

SftpAttributes SftpAttributes::take(SftpFields& fields) {
  SftpAttributes attributes;
  const std::uint32_t flags = fields.number();
  if ((flags & kHasSize) != 0) attributes.size = fields.long_number();
  if ((flags & kHasOwners) != 0) fields.long_number();
  if ((flags & kHasPermissions) != 0) attributes.permissions = fields.number();
  if ((flags & kHasTimes) != 0) fields.long_number();
  if ((flags & kHasExtended) != 0) {
    for (std::uint32_t left = fields.number(); left > 0; --left) {
      fields.string();
      fields.string();
    }
  }
  return attributes;
}

std::vector<SftpName> decode_names(const SftpReply& reply) {
  require_type(reply, SftpType::kName);
  SftpFields fields(reply.body());
  std::vector<SftpName> names;
  for (std::uint32_t left = fields.number(); left > 0; --left) {
    SftpName& name = names.emplace_back();
    name.name = fields.text();
    fields.string();  // the same as ls -l would show it
    name.attributes = SftpAttributes::take(fields);
  }
  return names;
}

SftpAttributes decode_attributes(const SftpReply& reply) {
  require_type(reply, SftpType::kAttributes);
  SftpFields fields(reply.body());
  return SftpAttributes::take(fields);
}

Bytes decode_handle(const SftpReply& reply) {
  require_type(reply, SftpType::kHandle);
  return copy_of(SftpFields(reply.body()).string());
}

ByteView decode_data(const SftpReply& reply) {
  require_type(reply, SftpType::kData);
  return SftpFields(reply.body()).string();
}

SftpServer SftpServer::decode(ByteView body) {
  SftpFields fields(body);
  const std::uint32_t version = fields.number();
  if (version != kSftpVersion) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("the server speaks version {} of SFTP, not {}: use another server",
                            version, kSftpVersion));
  }
  SftpServer server;
  while (!fields.empty()) {
    const std::string_view name = fields.text();
    fields.string();  // its version, of which each has had one only
    server.has_posix_rename |= name == "posix-rename@openssh.com";
    server.has_fsync |= name == "fsync@openssh.com";
    server.has_statvfs |= name == "statvfs@openssh.com";
    server.has_limits |= name == "limits@openssh.com";
  }
  return server;
}

void SftpServer::take_limits(const SftpReply& reply) {
  require_type(reply, SftpType::kExtendedReply);
  SftpFields fields(reply.body());
  fields.long_number();  // of a packet
  // 0 is a limit that nobody knows.
  if (const std::uint64_t most = fields.long_number(); most > 0) {
    longest_read = static_cast<std::uint32_t>(std::min(most, kMostDataBytes));
  }
  if (const std::uint64_t most = fields.long_number(); most > 0) {
    longest_write = static_cast<std::uint32_t>(std::min(most, kMostDataBytes));
  }
}

void SftpPackets::begin_packet() {
  const std::uint32_t length = SftpFields(length_).number();
  if (length == 0 || length > kLongestSftpPacket) {
    throw sftp_nonsense(fmt::format("a packet of {} bytes", length));
  }
  length_.clear();
  packet_.clear();
  packet_.reserve(length);
  missing_ = length;
}

void SftpPackets::add(ByteView bytes) {
  while (!bytes.empty()) {
    const bool in_packet = missing_ > 0;
    const std::size_t wanted = in_packet ? missing_ : kLengthBytes - length_.size();
    const ByteView part = bytes.first(std::min(wanted, bytes.size()));
    bytes = bytes.subspan(part.size());
    append(in_packet ? packet_ : length_, part);
    if (!in_packet) {
      if (length_.size() == kLengthBytes) begin_packet();
      continue;
    }
    missing_ -= static_cast<std::uint32_t>(part.size());
    if (missing_ == 0) whole_.push_back(std::exchange(packet_, {}));
  }
}

std::optional<Bytes> SftpPackets::next() {
  if (whole_.empty()) return std::nullopt;
  Bytes packet = std::move(whole_.front());
  whole_.pop_front();
  return packet;
}

}  // namespace snapfs
