#include "fs/backend/http/curl_client.h"

#include <malloc.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/http_server.h"
#include "tests/support/no_more_threads.h"
#include "tests/support/scoped_variable.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::HttpScript;
using test::HttpServer;
using test::to_bytes;

HttpResponse get(CurlClient& client, const std::string& url) {
  return client.perform({"GET", url}, {});
}

std::string text(const HttpResponse& response) { return std::string(as_text(response.body)); }

TEST(CurlClient, SendsTheRequestAndReadsTheAnswer) {
  HttpServer server;
  server.then(HttpScript::answer("201 Created", "stored", "X-Thing:  Value \r\nEmpty:\r\n"));
  HttpOptions options;
  options.user_agent = "agent/1";
  CurlClient client({.http = options});
  const Bytes body = to_bytes("body");
  const HttpResponse response =
      client.perform({"PUT", server.url("/a"), {{"X-Ours", "1"}, {"X-None", ""}}, body}, {});
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(text(response), "stored");
  EXPECT_EQ(response.header("x-thing"), "Value");
  EXPECT_EQ(response.header("empty"), "");
  EXPECT_EQ(response.header("other"), std::nullopt);
  const test::SeenHttpRequest seen = server.seen().at(0);
  EXPECT_EQ(seen.method, "PUT");
  EXPECT_EQ(seen.target, "/a");
  EXPECT_EQ(seen.body, "body");
  EXPECT_EQ(seen.header("content-length"), "4");
  EXPECT_EQ(seen.header("x-ours"), "1");
  EXPECT_TRUE(seen.headers.contains("x-none"));
  EXPECT_EQ(seen.header("user-agent"), "agent/1");
  for (const char* const unwanted : {"expect", "accept-encoding", "authorization", "cookie",
                                     "content-type", "transfer-encoding", "x-other"}) {
    EXPECT_FALSE(seen.headers.contains(unwanted)) << unwanted;
  }
}

TEST(CurlClient, SendsTheUrlAsItIs) {
  HttpServer server;
  CurlClient client({});
  const std::string target = "/a/../b/./%2F%2F//c?x=%20y&z=/../";
  get(client, server.url(target));
  EXPECT_EQ(server.seen().at(0).target, target);
}

TEST(CurlClient, MethodsHaveTheBodiesThatTheyShould) {
  HttpServer server;
  CurlClient client({});
  for (const char* const method : {"PUT", "POST"}) {
    client.perform({method, server.url()}, {});
    EXPECT_EQ(server.seen().back().method, method);
    EXPECT_EQ(server.seen().back().header("content-length"), "0");
  }
  for (const char* const method : {"GET", "DELETE", "OPTIONS"}) {
    client.perform({method, server.url()}, {});
    EXPECT_EQ(server.seen().back().method, method);
    EXPECT_EQ(server.seen().back().header("content-length"), "");
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST(CurlClient, AnAnswerToHeadHasALengthAndNoBody) {
  HttpServer server;
  server.then(HttpScript().send("HTTP/1.1 200 OK\r\nContent-Length: 500000000000\r\n\r\n"));
  CurlClient client({});
  const HttpResponse response = client.perform({"HEAD", server.url()}, {});
  EXPECT_EQ(response.header("content-length"), "500000000000");
  EXPECT_TRUE(response.body.empty());
  get(client, server.url());
  EXPECT_EQ(server.connections(), 1U);
}

TEST(CurlClient, MovesLargeBodiesBothWays) {
  Bytes body(5'000'001);
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<std::uint8_t>(i * 31 >> 5);
  HttpServer server;
  server.then(HttpScript::answer("200 OK", as_text(body)));
  CurlClient client({});
  const HttpResponse response = client.perform({"POST", server.url(), {}, body}, {});
  EXPECT_EQ(response.body, body);
  EXPECT_EQ(response.body.capacity(), body.size()) << "room was made for what was announced";
  EXPECT_EQ(server.seen().at(0).body, as_text(body));
}

TEST(CurlClient, ReadsAnswersOfEveryForm) {
  HttpServer server;
  server.then(HttpScript().trickle(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
  server.then(
      HttpScript().send("HTTP/1.1 103 Early\r\nA: 1\r\n\r\nHTTP/1.1 200 OK\r\n"
                        "Content-Length: 1\r\nB: 2\r\n\r\nx"));
  server.then(HttpScript().send("HTTP/1.0 200 OK\r\n\r\nto the end").close());
  CurlClient client({});
  EXPECT_EQ(text(get(client, server.url())), "abcde");
  const HttpResponse late = get(client, server.url());
  EXPECT_EQ(text(late), "x");
  EXPECT_EQ(late.header("a"), std::nullopt) << "not of the answer";
  EXPECT_EQ(late.header("b"), "2");
  EXPECT_EQ(text(get(client, server.url())), "to the end");
}

TEST(CurlClient, WhatIsCompressedStaysSo) {
  HttpServer server;
  server.then(HttpScript::answer("200 OK", "no gzip", "Content-Encoding: gzip\r\n"));
  CurlClient client({});
  EXPECT_EQ(text(get(client, server.url())), "no gzip");
}

TEST(CurlClient, AStatusIsAnAnswerAndRedirectsAreNotFollowed) {
  HttpServer server;
  server.then(HttpScript::answer("302 Found", "", "Location: /other\r\n"));
  server.then(HttpScript::answer("404 Not Found", "no"));
  server.then(HttpScript::answer("503 Busy", "wait"));
  CurlClient client({});
  EXPECT_EQ(get(client, server.url()).status, 302);
  EXPECT_EQ(get(client, server.url()).status, 404);
  EXPECT_EQ(text(get(client, server.url())), "wait");
  EXPECT_EQ(server.seen().size(), 3U);
}

TEST(CurlClient, KeepsConnections) {
  HttpServer server;
  CurlClient client({});
  for (int i = 0; i < 20; ++i) get(client, server.url());
  EXPECT_EQ(server.connections(), 1U);
  EXPECT_EQ(server.seen().size(), 20U);
}

TEST(CurlClient, AsksForManyAtOnceAndKeepsTheirConnections) {
  constexpr unsigned kMany = 12;
  HttpServer server;
  for (unsigned i = 0; i < kMany; ++i)
    server.then(HttpScript().wait().send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  CurlClient client({.kept_connections = kMany});
  std::vector<std::jthread> callers;
  for (unsigned i = 0; i < kMany; ++i) {
    callers.emplace_back([&] { EXPECT_EQ(get(client, server.url()).status, 200); });
  }
  EXPECT_TRUE(server.wait_until_waiting(kMany));
  server.release();
  callers.clear();
  EXPECT_EQ(server.most_connections(), kMany);
  for (unsigned i = 0; i < kMany; ++i) get(client, server.url());
  EXPECT_EQ(server.connections(), kMany);
}

TEST(CurlClient, KeepsNoMoreConnectionsThanItShould) {
  HttpServer server;
  for (int i = 0; i < 6; ++i)
    server.then(HttpScript().wait().send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  CurlClient client({.kept_connections = 2});
  std::vector<std::jthread> callers;
  for (int i = 0; i < 6; ++i) callers.emplace_back([&] { get(client, server.url()); });
  EXPECT_TRUE(server.wait_until_waiting(6));
  server.release();
  callers.clear();
  EXPECT_TRUE(server.wait_until_open(2));
}

TEST(CurlClient, SpeaksIpv6AndThroughSockets) {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "socket";
  {
    HttpServer server({.unix_socket = path});
    const test::ScopedVariable proxy("HTTP_PROXY", "http://127.0.0.1:1");
    CurlClient client({.unix_socket = path});
    EXPECT_EQ(get(client, "http://anywhere.invalid/x").status, 200);
    EXPECT_EQ(server.seen().at(0).header("host"), "anywhere.invalid");
  }
  CurlClient gone({.unix_socket = path});
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable,
                         path + ": No such file or directory: see that the server runs and listens "
                                "on that socket",
                         [&] { get(gone, "http://anywhere.invalid/x"); }));
  HttpServer server({.address = "::1"});
  CurlClient client({});
  EXPECT_EQ(get(client, server.url()).status, 200);
  std::string zoned = server.url();
  zoned.replace(zoned.find("[::1]"), 5, "[::1%25lo]");
  EXPECT_EQ(get(client, zoned).status, 200);
  EXPECT_EQ(server.seen().at(1).header("host"), server.seen().at(0).header("host"));
}

TEST(CurlClient, GoesThroughTheProxyThatTheEnvironmentNames) {
  HttpServer proxy;
  proxy.then(HttpScript::answer("200 OK", "from the proxy"));
  proxy.then(HttpScript::answer("403 No", "no tunnel"));
  const test::ScopedVariable http("HTTP_PROXY",
                                  "http://me:secret@127.0.0.1:" + std::to_string(proxy.port()));
  const test::ScopedVariable https("HTTPS_PROXY", proxy.url());
  const test::ScopedVariable except("NO_PROXY", "elsewhere.invalid");
  CurlClient client({});
  EXPECT_EQ(text(get(client, "http://server.invalid/x")), "from the proxy");
  EXPECT_EQ(proxy.seen().at(0).target, "http://server.invalid/x");
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "server.invalid",
                         [&] { get(client, "https://server.invalid/x"); }));
  EXPECT_EQ(proxy.seen().at(1).method, "CONNECT");
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "elsewhere.invalid",
                         [&] { get(client, "http://elsewhere.invalid/x"); }));
  EXPECT_EQ(proxy.seen().size(), 2U);
}

TEST(CurlClient, WhatCannotBeAskedIsRefused) {
  CurlClient client({});
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, [&] {
    client.perform({"GET", "http://localhost/", {{"A", "1\r\nB: 2"}}}, {});
  }));
  for (const char* const url : {"", "http://", "http://a b/", "http://user:secret@localhost/"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, [&] {
      try {
        get(client, url);
      } catch (const Error& error) {
        EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
        throw;
      }
    })) << url;
  }
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, [&] { get(client, "file:///etc/passwd"); }));
}

TEST(CurlClient, NeedsAThread) {
  HttpServer server;
  CurlClient client({});
  {
    const test::NoMoreThreads none;
    EXPECT_TRUE(fails_with(ErrorCode::kOutOfResources, [&] { get(client, server.url()); }));
  }
  EXPECT_EQ(get(client, server.url()).status, 200);
}

TEST(CurlClient, DoesNotGrow) {
  HttpServer server;
  server.otherwise(HttpScript::answer("200 OK", std::string(20'000, 'x')));
  CurlClient client({});
  const Bytes body(50'000);
  const auto ask = [&](int times) {
    for (int i = 0; i < times; ++i) client.perform({"PUT", server.url("/x"), {}, body}, {});
    server.forget();
    return ::mallinfo2().uordblks;
  };
  ask(50);
  const std::size_t before = ask(50);
  const std::size_t after = ask(500);
  EXPECT_LT(after, before + 100'000) << "200 bytes a request would be more";
}

}  // namespace
}  // namespace snapfs
