// The packets of SFTP version 3 as bytes and as values, without I/O (draft-ietf-secsh-filexfer-02;
// the extensions are in OpenSSH's PROTOCOL file). Whatever a server sends, decoding it ends with
// values or with an Error.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/error.h"

namespace snapfs {

enum class SftpType : std::uint8_t {
  kInit = 1,
  kVersion = 2,
  kOpen = 3,
  kClose = 4,
  kRead = 5,
  kWrite = 6,
  kLstat = 7,
  kFstat = 8,
  kSetstat = 9,
  kFsetstat = 10,
  kOpendir = 11,
  kReaddir = 12,
  kRemove = 13,
  kMkdir = 14,
  kStat = 17,
  kRename = 18,
  kStatus = 101,
  kHandle = 102,
  kData = 103,
  kName = 104,
  kAttributes = 105,
  kExtended = 200,
  kExtendedReply = 201,
};

inline constexpr std::uint32_t kSftpVersion = 3;

/// No packet is longer, in bytes behind the length: what OpenSSH takes, and room for a header.
inline constexpr std::uint32_t kLongestSftpPacket = (256 << 10) + 1024;

/// How a file is opened; may be combined.
inline constexpr std::uint32_t kSftpRead = 0x01;
inline constexpr std::uint32_t kSftpWrite = 0x02;
inline constexpr std::uint32_t kSftpCreate = 0x08;
inline constexpr std::uint32_t kSftpExclusive = 0x20;

/// The Error{kUnavailable} for what a server may not send; `what` is a noun.
Error sftp_nonsense(std::string_view what);

/// A packet under construction; its ID comes last.
class SftpRequest {
 public:
  explicit SftpRequest(SftpType type);

  SftpRequest&& number(std::uint32_t value) &&;
  SftpRequest&& long_number(std::uint64_t value) &&;
  SftpRequest&& string(ByteView bytes) &&;  ///< with its length
  SftpRequest&& string(std::string_view text) && { return std::move(*this).string(as_bytes(text)); }

  /// Attributes that set the permissions and nothing else.
  SftpRequest&& permissions(std::uint32_t mode) &&;

  /// Whether the answer is a handle, which somebody has to close.
  bool opens() const noexcept { return type_ == SftpType::kOpen || type_ == SftpType::kOpendir; }

  /// The whole packet, to be called once. For kInit the ID is the version.
  Bytes finish(std::uint32_t id) &&;

 private:
  void put(std::uint32_t value);

  SftpType type_;
  Bytes bytes_;
};

/// Takes values off the beginning of bytes, which must outlive it. Throws Error{kUnavailable} when
/// there are not enough.
class SftpFields {
 public:
  explicit SftpFields(ByteView bytes) : rest_(bytes) {}

  std::uint8_t byte();
  std::uint32_t number();
  std::uint64_t long_number();
  ByteView string();
  std::string_view text() { return as_text(string()); }
  bool empty() const noexcept { return rest_.empty(); }

 private:
  ByteView take(std::size_t count);

  ByteView rest_;
};

/// An answer as it came in.
struct SftpReply {
  Bytes packet;  ///< its type, its ID, and the rest

  /// Throws Error{kUnavailable} when the packet is too short to be an answer.
  static SftpReply of(Bytes packet);

  SftpType type() const noexcept { return static_cast<SftpType>(packet.front()); }
  std::uint32_t id() const;
  ByteView body() const;  ///< what stands behind the ID
};

/// What a server says of a file, as far as we ask.
struct SftpAttributes {
  std::optional<std::uint64_t> size;
  std::optional<std::uint32_t> permissions;  ///< stat(2)'s mode, type and all

  /// Takes them off.
  static SftpAttributes take(SftpFields& fields);
};

struct SftpName {
  std::string name;
  SftpAttributes attributes;  ///< of the link itself, if it is one
};

std::vector<SftpName> decode_names(const SftpReply& reply);
SftpAttributes decode_attributes(const SftpReply& reply);
Bytes decode_handle(const SftpReply& reply);
ByteView decode_data(const SftpReply& reply);  ///< valid as long as the reply is

/// What a server can do beyond the protocol, and how much at once.
struct SftpServer {
  bool has_posix_rename = false;  ///< a rename takes the place of what has the name
  bool has_fsync = false;
  bool has_statvfs = false;
  bool has_limits = false;
  std::uint32_t longest_read = 32 << 10;   ///< bytes of data in one packet that every server takes
  std::uint32_t longest_write = 32 << 10;  ///< the same

  /// `body` is a version packet's behind its type. Throws Error{kUnsupported} when it is older than
  /// ours.
  static SftpServer decode(ByteView body);

  /// Takes what the server answers to limits@openssh.com.
  void take_limits(const SftpReply& reply);
};

/// Bytes as they come in, cut into packets.
class SftpPackets {
 public:
  /// Throws Error{kUnavailable} when a packet is to begin with a length that none can have.
  void add(ByteView bytes);

  /// The next whole packet, its type first, without the length; nothing when none is whole.
  std::optional<Bytes> next();

 private:
  void begin_packet();

  Bytes length_;
  std::uint32_t missing_ = 0;  ///< bytes until the packet is whole; 0: its length is not known yet
  Bytes packet_;
  std::deque<Bytes> whole_;
};

}  // namespace snapfs
