// What an SFTP server sends: packets are the same in whatever pieces they come, and each of them is
// decoded or refused.
#include <utility>

#include "fs/backend/sftp/sftp_message.h"
#include "fs/backend/sftp/sftp_status.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {
namespace {

constexpr std::initializer_list<ErrorCode> kCodes = {ErrorCode::kUnavailable,
                                                     ErrorCode::kUnsupported};

std::vector<Bytes> packets_of(ByteView bytes, std::size_t piece_bytes) {
  std::vector<Bytes> packets;
  (void)accepted(kCodes, [&] {
    SftpPackets cut;
    while (!bytes.empty()) {
      const ByteView piece = bytes.first(std::min(piece_bytes, bytes.size()));
      bytes = bytes.subspan(piece.size());
      cut.add(piece);
      while (auto packet = cut.next()) packets.push_back(*std::move(packet));
    }
    return true;
  });
  return packets;
}

void decode(const SftpReply& reply) {
  const std::size_t size = reply.packet.size();
  (void)reply.id();
  if (const auto names = accepted(kCodes, [&] { return decode_names(reply); })) {
    require(names->size() <= size / 12, "each name stands in the packet");
  }
  (void)accepted(kCodes, [&] { return decode_attributes(reply); });
  const auto handle = accepted(kCodes, [&] { return decode_handle(reply); });
  require(!handle || handle->size() < size, "a handle stands in the packet");
  const auto data = accepted(kCodes, [&] { return decode_data(reply).size(); });
  require(!data || *data < size, "data stand in the packet");
  if (const auto status = accepted(kCodes, [&] { return SftpStatus::decode(reply); })) {
    const std::string_view words = status->words;
    require(words.find_first_of("\n\r\x1b") == std::string_view::npos, "words are one line");
    require(sftp_error(*status, "open", "x").code() != ErrorCode::kInternal || status->ok(),
            "a failure of a server is none of ours");
  }
  (void)accepted(kCodes, [&] {
    SftpServer server;
    server.take_limits(reply);
    require(server.longest_read > 0 && server.longest_read <= kLongestSftpPacket &&
                server.longest_write > 0 && server.longest_write <= kLongestSftpPacket,
            "limits are within the protocol's");
    return true;
  });
}

}  // namespace

void fuzz_one(ByteView bytes) {
  FuzzInput input(bytes);
  const std::size_t piece_bytes = 1 + input.byte() % 16;
  const ByteView stream = input.rest();
  std::vector<Bytes> packets = packets_of(stream, stream.size() + 1);
  // A packet that cannot be ends the stream; those before it in the same piece go with it.
  const std::vector<Bytes> pieces = packets_of(stream, piece_bytes);
  require(pieces.size() >= packets.size(), "pieces give all packets");
  require(std::equal(packets.begin(), packets.end(), pieces.begin()),
          "pieces give the same packets");
  for (const Bytes& packet : pieces) {
    (void)accepted(kCodes, [&] { return SftpServer::decode(ByteView(packet).subspan(1)); });
    const auto reply = accepted(kCodes, [&] { return SftpReply::of(packet); });
    if (reply) decode(*reply);
  }
}

std::vector<std::string> fuzz_seeds() {
  const auto packet = [](SftpType type, SftpRequest&& rest) {
    Bytes bytes = std::move(rest).finish(1);
    bytes[4] = static_cast<std::uint8_t>(type);
    return std::string(as_text(bytes));
  };
  const auto request = [] { return SftpRequest(SftpType::kStatus); };
  const std::string status =
      packet(SftpType::kStatus, request().number(2).string("no such file\n").string("en"));
  const std::string name = packet(SftpType::kName, request()
                                                       .number(1)
                                                       .string("a")
                                                       .string("-rw a")
                                                       .number(0x8000000d)
                                                       .long_number(7)
                                                       .number(0644)
                                                       .long_number(5)
                                                       .number(1)
                                                       .string("x@y")
                                                       .string("z"));
  const std::string data = packet(SftpType::kData, request().string("some data"));
  const std::string handle = packet(SftpType::kHandle, request().string("h"));
  const std::string limits =
      packet(SftpType::kExtendedReply,
             request().long_number(1 << 18).long_number(1 << 16).long_number(0).long_number(100));
  const std::string attributes = packet(SftpType::kAttributes, request().number(1).long_number(9));
  const std::string version = std::string(
      "\0\0\0\x1a\x02\0\0\0\x03\0\0\0\x11"
      "fsync@openssh.com\0\0\0\0",
      34);
  return {"\x01" + version,
          "\x03" + status + name,
          "\x07" + data + handle + limits,
          "\x0f" + attributes + status,
          "\x01" + std::string(4, '\0'),
          "\x01\xff\xff\xff\xff"};
}

}  // namespace snapfs::test
