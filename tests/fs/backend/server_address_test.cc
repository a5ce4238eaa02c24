// What is taken for a host and a port, and what is said of the rest.
#include "fs/backend/server_address.h"

#include <string>

#include <gtest/gtest.h>

namespace snapfs {
namespace {

bool says(std::string_view fault, std::string_view part) {
  return fault.find(part) != std::string_view::npos;
}

TEST(ServerAddress, APortIsANumberFrom1To65535) {
  for (const std::string_view port : {"1", "80", "08000", "65535"}) {
    EXPECT_EQ(fault_of_port(port), "") << port;
  }
  EXPECT_TRUE(says(fault_of_port(""), "no port behind the colon"));
  for (const std::string_view port : {"0", "00", "65536", "99999999999999999999"}) {
    EXPECT_TRUE(says(fault_of_port(port), "from 1 to 65535")) << port;
  }
  for (const std::string_view port : {"80x", "http", "-1", "+80", " 80", "8:0"}) {
    EXPECT_TRUE(says(fault_of_port(port), "no number")) << port;
  }
}

TEST(ServerAddress, AHostIsANameOrAnAddress) {
  for (const std::string_view host :
       {"h", "backup.example.org:8000", "a_b-c.d", "127.0.0.1", "xn--bcher-kva.example", "[::1]",
        "[::1]:80", "[fe80::1%25eth0]", "[fe80::1%25eth0.1]:8000", "[::ffff:1.2.3.4]:1"}) {
    EXPECT_EQ(fault_of_web_host(host), "") << host;
  }
}

TEST(ServerAddress, WhatIsWrongWithAHostIsNamed) {
  const auto expect = [](std::string_view host, std::string_view fault) {
    EXPECT_TRUE(says(fault_of_web_host(host), fault)) << host << ": " << fault_of_web_host(host);
  };
  expect("", "names no host");
  expect(":80", "names no host");
  expect("h:", "no port behind the colon");
  expect("h:0", "from 1 to 65535");
  expect("[::1]:x", "no number");
  expect("h:1:2", "no number");
  expect("::1", "in brackets");
  expect("fe80::1", "in brackets");
  expect("[::1", "a [ without a ]");
  expect("[::1]80", "between the ] and the path");
  expect("[h]", "no IPv6 address");
  expect("[]", "no IPv6 address");
  expect("[fe80::1%eth0]", "behind %25");
  expect("[fe80::1%25]", "behind %25");
  expect("[fe80::1%25et%20h0]", "characters that no zone has");
  expect(
      "b\xc3\xbc"
      "cher.example",
      "xn--");
  expect("h h", "characters that no host has");
  expect("h%20", "characters that no host has");
  expect("h\n", "characters that no host has");
}

}  // namespace
}  // namespace snapfs
