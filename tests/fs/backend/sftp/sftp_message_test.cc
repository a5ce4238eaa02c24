// Packets as values and back; and that nothing which a server may send does more than fail.
#include "fs/backend/sftp/sftp_message.h"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/sftp/sftp_status.h"
#include "fs/base/error.h"
#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::from_hex;

/// A packet as an answer comes in: without its length.
SftpReply as_reply(SftpRequest&& request) {
  const Bytes packet = std::move(request).finish(7);
  return SftpReply::of(copy_of(ByteView(packet).subspan(4)));
}

TEST(SftpRequest, IsWhatTheDraftSays) {
  const Bytes packet = SftpRequest(SftpType::kOpen)
                           .string("/a")
                           .number(kSftpWrite | kSftpCreate | kSftpExclusive)
                           .permissions(0600)
                           .finish(258);
  EXPECT_EQ(packet, from_hex("00000017 03 00000102 00000002 2f61 0000002a 00000004 00000180"));
  EXPECT_EQ(SftpRequest(SftpType::kRead).string("h").long_number(0x100000002).number(5).finish(1),
            from_hex("00000016 05 00000001 00000001 68 0000000100000002 00000005"));
  EXPECT_EQ(SftpRequest(SftpType::kInit).finish(3), from_hex("00000005 01 00000003"));
}

/// Every kind of answer, with what decodes it.
struct Answer {
  std::string name;
  Bytes packet;
  std::function<void(const SftpReply&)> decode;
};

std::vector<Answer> answers() {
  std::vector<Answer> all;
  const auto add = [&all](std::string name, SftpRequest&& request, auto decode) {
    const Bytes packet = std::move(request).finish(7);
    all.push_back({std::move(name), copy_of(ByteView(packet).subspan(4)), decode});
  };
  add("status", SftpRequest(SftpType::kStatus).number(4).string("Failure").string("en"),
      [](const SftpReply& reply) { SftpStatus::decode(reply); });
  add("handle", SftpRequest(SftpType::kHandle).string("abcd"),
      [](const SftpReply& reply) { decode_handle(reply); });
  add("data", SftpRequest(SftpType::kData).string("some data"),
      [](const SftpReply& reply) { decode_data(reply); });
  add("attributes",
      SftpRequest(SftpType::kAttributes)
          .number(0x8000000f)
          .long_number(12)
          .long_number(0)
          .number(0100600)
          .long_number(0)
          .number(1)
          .string("a@b")
          .string("x"),
      [](const SftpReply& reply) { decode_attributes(reply); });
  add("names",
      SftpRequest(SftpType::kName)
          .number(2)
          .string("one")
          .string("-rw one")
          .number(1)
          .long_number(5)
          .string("two")
          .string("-rw two")
          .number(0),
      [](const SftpReply& reply) { decode_names(reply); });
  add("limits",
      SftpRequest(SftpType::kExtendedReply)
          .long_number(262144)
          .long_number(261120)
          .long_number(100)
          .long_number(0),
      [](const SftpReply& reply) {
        SftpServer server;
        server.take_limits(reply);
        EXPECT_LE(server.longest_read, 261120U);
        EXPECT_GT(server.longest_write, 0U);
      });
  return all;
}

/// Decodes bytes that may be anything, in memory of just their size: a sanitizer sees what is read
/// beyond them.
void decode_anything(const Answer& answer, ByteView bytes, bool must_fail) {
  try {
    const SftpReply reply = SftpReply::of(copy_of(bytes));
    answer.decode(reply);
    EXPECT_FALSE(must_fail) << answer.name << " of " << bytes.size() << " bytes";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable) << answer.name;
  }
}

TEST(SftpAnswers, AreDecodedWhole) {
  for (const Answer& answer : answers()) answer.decode(SftpReply::of(copy_of(answer.packet)));
}

TEST(SftpAnswers, CutAnywhereAreAnError) {
  for (const Answer& answer : answers()) {
    for (std::size_t size = 0; size < answer.packet.size(); ++size) {
      // A status needs no more than its code, limits no more than the three that we look at.
      const bool is_enough =
          (answer.name == "status" && size == 9) || (answer.name == "limits" && size >= 29);
      // The language behind a status is of no interest.
      const bool has_words = answer.name == "status" && size >= 20;
      decode_anything(answer, ByteView(answer.packet).first(size), !is_enough && !has_words);
    }
  }
}

TEST(SftpAnswers, WithAnyByteChangedAreDecodedOrAnError) {
  for (const Answer& answer : answers()) {
    for (std::size_t at = 0; at < answer.packet.size(); ++at) {
      for (int value = 0; value < 256; ++value) {
        Bytes changed = answer.packet;
        changed[at] = static_cast<std::uint8_t>(value);
        decode_anything(answer, changed, false);
      }
    }
  }
}

TEST(SftpAnswers, OfAnotherKindAreAnError) {
  const std::vector<Answer> all = answers();
  for (const Answer& wanted : all) {
    for (const Answer& got : all) {
      if (wanted.name != got.name) decode_anything(wanted, got.packet, true);
    }
  }
}

TEST(SftpAnswers, SayWhatIsThere) {
  const SftpReply attributes =
      as_reply(SftpRequest(SftpType::kAttributes).number(5).long_number(1 << 20).number(0100644));
  EXPECT_EQ(decode_attributes(attributes).size, 1U << 20);
  EXPECT_EQ(decode_attributes(attributes).permissions, 0100644U);
  EXPECT_EQ(decode_attributes(as_reply(SftpRequest(SftpType::kAttributes).number(0))).size,
            std::nullopt);
}

TEST(SftpServer, KnowsExtensionsAndLimits) {
  const Bytes version = SftpRequest(SftpType::kVersion)
                            .string("posix-rename@openssh.com")
                            .string("1")
                            .string("new@example.com")
                            .string("2")
                            .string("fsync@openssh.com")
                            .string("1")
                            .finish(3);
  SftpServer server = SftpServer::decode(ByteView(version).subspan(5));
  EXPECT_TRUE(server.has_posix_rename);
  EXPECT_TRUE(server.has_fsync);
  EXPECT_FALSE(server.has_statvfs);
  EXPECT_FALSE(server.has_limits);
  EXPECT_EQ(server.longest_read, 32U << 10);
  server.take_limits(as_reply(SftpRequest(SftpType::kExtendedReply)
                                  .long_number(1U << 31)
                                  .long_number(std::uint64_t{1} << 40)
                                  .long_number(0)
                                  .long_number(0)));
  EXPECT_EQ(server.longest_read, 255U << 10);
  EXPECT_EQ(server.longest_write, 32U << 10);
}

TEST(SftpServer, OfAnotherVersionIsRefused) {
  const Bytes version = SftpRequest(SftpType::kVersion).finish(2);
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "version 2",
                         [&] { SftpServer::decode(ByteView(version).subspan(5)); }));
}

TEST(SftpPackets, AreTheSameHoweverTheyAreCut) {
  Bytes stream;
  std::vector<Bytes> packets;
  for (const Answer& answer : answers()) {
    packets.push_back(answer.packet);
    for (int shift = 24; shift >= 0; shift -= 8) {
      stream.push_back(static_cast<std::uint8_t>(answer.packet.size() >> shift));
    }
    append(stream, answer.packet);
  }
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    SftpPackets cut;
    std::vector<Bytes> found;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      cut.add(ByteView(stream).subspan(at, std::min(step, stream.size() - at)));
      while (const std::optional<Bytes> packet = cut.next()) found.push_back(*packet);
    }
    ASSERT_EQ(found, packets) << step;
  }
}

TEST(SftpPackets, OfAWildLengthAreAnError) {
  for (const char* length : {"00000000", "00040401", "7fffffff", "80000000", "ffffffff"}) {
    SftpPackets packets;
    EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "a packet of", [&] {
      packets.add(from_hex(length));
    })) << length;
  }
  SftpPackets longest;
  longest.add(from_hex("00040400"));
  EXPECT_EQ(longest.next(), std::nullopt);
}

TEST(SftpStatus, SaysWhatAServerMeans) {
  const auto meaning = [](std::uint32_t code, std::string_view words) {
    return sftp_error(
        SftpStatus::decode(as_reply(SftpRequest(SftpType::kStatus).number(code).string(words))),
        "open", "a file");
  };
  EXPECT_EQ(meaning(2, "No such file").code(), ErrorCode::kNotFound);
  EXPECT_EQ(meaning(3, "").code(), ErrorCode::kPermission);
  EXPECT_EQ(meaning(4, "Failure").code(), ErrorCode::kIo);
  EXPECT_EQ(meaning(6, "").code(), ErrorCode::kUnavailable);
  EXPECT_EQ(meaning(7, "").code(), ErrorCode::kUnavailable);
  EXPECT_EQ(meaning(8, "").code(), ErrorCode::kUnsupported);
  EXPECT_EQ(meaning(14, "").code(), ErrorCode::kNoSpace);
  EXPECT_EQ(meaning(99, "").code(), ErrorCode::kIo);
  EXPECT_STREQ(meaning(3, "").what(),
               "cannot open a file: permission denied: check what this user may do there");
  EXPECT_STREQ(meaning(4, "Failure").what(),
               "cannot open a file: the server failed, and does not say why: see what the server's "
               "log says, and that its file system is well");
  EXPECT_STREQ(
      meaning(4, "disk on fire\nand more").what(),
      "cannot open a file: disk on fire: see what the server's log says, and that its file "
      "system is well");
}

TEST(SftpStatus, WordsDoNothingToATerminal) {
  const SftpStatus status = SftpStatus::decode(
      as_reply(SftpRequest(SftpType::kStatus).number(4U).string("a\x1b[31mb\nmore")));
  EXPECT_EQ(status.words, "a [31mb");
}

}  // namespace
}  // namespace snapfs
