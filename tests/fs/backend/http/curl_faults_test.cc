// What servers and networks do wrong, and what a stop must end.
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "fs/backend/http/curl_client.h"
#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/http_server.h"

namespace {

/// A name that nobody finds until the test lets the resolver go.
constexpr std::string_view kHangingName = "hanging.invalid";
std::mutex resolver_mutex;
std::condition_variable resolver_changed;
int hanging_lookups = 0;
bool lookups_hang = false;

}  // namespace

/// In the place of the system's, which libcurl calls.
extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** result) {
  if (name != nullptr && name == kHangingName) {
    std::unique_lock lock(resolver_mutex);
    ++hanging_lookups;
    resolver_changed.notify_all();
    resolver_changed.wait(lock, [] { return !lookups_hang; });
    --hanging_lookups;
    resolver_changed.notify_all();
    return EAI_AGAIN;
  }
  using Lookup = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto lookup = reinterpret_cast<Lookup>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  return lookup(name, service, hints, result);
}

namespace snapfs {
namespace {

using std::chrono::milliseconds;
using test::fails_with;
using test::HttpScript;
using test::HttpServer;
using test::to_bytes;

HttpResponse get(CurlClient& client, const std::string& url) {
  return client.perform({"GET", url}, {});
}

/// Whether a GET fails as unavailable, with words that name the server.
::testing::AssertionResult is_unavailable(HttpServer& server, CurlClient& client) {
  return fails_with(ErrorCode::kUnavailable, "127.0.0.1:" + std::to_string(server.port()),
                    [&] { get(client, server.url("/secret?signature=secret")); });
}

/// A port where the kernel takes one connection and answers no other one.
class FullPort {
 public:
  FullPort() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_, generic, size), 0);
    EXPECT_EQ(::listen(listener_, 0), 0);
    EXPECT_EQ(::getsockname(listener_, generic, &size), 0);
    port_ = ntohs(address.sin_port);
    filler_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(filler_, generic, size), 0);
  }
  ~FullPort() {
    ::close(filler_);
    ::close(listener_);
  }
  FullPort(const FullPort&) = delete;
  FullPort& operator=(const FullPort&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

 private:
  int listener_;
  int filler_ = -1;
  std::uint16_t port_ = 0;
};

TEST(CurlFaults, NobodyListens) {
  std::string url;
  {
    const HttpServer server;
    url = server.url();
  }
  CurlClient client({});
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "Connection refused", [&] { get(client, url); }));
}

TEST(CurlFaults, NobodyKnowsTheName) {
  CurlClient client({});
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "nobody.invalid",
                         [&] { get(client, "http://nobody.invalid/"); }));
}

TEST(CurlFaults, NobodyTakesTheConnection) {
  const FullPort port;
  HttpOptions options;
  options.stuck_request_timeout = milliseconds(200);
  CurlClient client({.http = options});
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "in time", [&] { get(client, port.url()); }));
}

TEST(CurlFaults, AnswersThatBreakOffAreNoAnswers) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& part :
       {std::string(), std::string("HTTP/1.1 200"), std::string("HTTP/1.1 200 OK\r\nContent-"),
        std::string("HTTP/1.1 200 OK\r\n"), std::string("HTTP/1.1 100 Continue\r\n\r\n"), head,
        head + "123456789",
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nabc"), chunked,
        chunked + "3\r\nabc\r\n", chunked + "3\r\nabc\r\n0\r"}) {
    HttpServer server;
    server.then(HttpScript().send(part).close());
    server.then(HttpScript().send(part).reset());
    CurlClient client({});
    EXPECT_TRUE(is_unavailable(server, client)) << part;
    EXPECT_TRUE(is_unavailable(server, client)) << part;
    EXPECT_EQ(get(client, server.url()).status, 200) << "the client goes on";
  }
}

TEST(CurlFaults, WhatFollowsAnAnswerBelongsToNoOther) {
  HttpServer server;
  server.then(
      HttpScript().send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n"
                        "Content-Length: 4\r\n\r\nevil"));
  CurlClient client({});
  EXPECT_EQ(get(client, server.url()).body, to_bytes("ok"));
  EXPECT_TRUE(get(client, server.url()).body.empty());
  EXPECT_EQ(server.connections(), 2U);
}

TEST(CurlFaults, NoAnswerIsLongerThanItMayBe) {
  HttpServer server;
  server.then(HttpScript().send("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n12345678901"));
  server.then(
      HttpScript().send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "b\r\n12345678901\r\n0\r\n\r\n"));
  server.then(HttpScript().send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234567890"));
  server.then(HttpScript().send("HTTP/1.1 200 OK\r\nContent-Length: 4611686018427387904\r\n\r\nx"));
  server.then(HttpScript().send("HTTP/1.1 200 OK\r\n" + std::string(10'000, 'a') + ": 1\r\n" + [] {
    std::string many;
    for (int i = 0; i < 100; ++i) {
      many += "A: " + std::string(9'000, 'b') + "\r\n";
    }
    return many;
  }() + "\r\n"));
  CurlClient client({});
  const auto ask = [&] { return client.perform({"GET", server.url(), {}, {}, 10}, {}); };
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "more than", ask));
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "more than", ask));
  EXPECT_EQ(ask().body.size(), 10U);
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "more than", ask));
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "more than", ask));
}

TEST(CurlFaults, WhatIsNoWebServerIsNamed) {
  HttpServer server({.greeting = "SSH-2.0-OpenSSH_9.2p1\r\n"});
  CurlClient client({});
  EXPECT_TRUE(
      fails_with(ErrorCode::kUnsupported, "web server", [&] { get(client, server.url()); }));
}

TEST(CurlFaults, ARequestIsSentAgainWhenAKeptConnectionIsDead) {
  HttpServer server;
  server.then(HttpScript::answer("200 OK"));
  server.then(HttpScript().close());
  server.then(HttpScript::answer("200 OK", "second"));
  server.then(HttpScript().leave_body().reset());
  server.then(HttpScript::answer("200 OK", "third"));
  CurlClient client({});
  get(client, server.url());
  const Bytes body(300'000, 'b');
  const HttpRequest put{"PUT", server.url(), {}, body};
  EXPECT_EQ(client.perform(put, {}).body, to_bytes("second"));
  EXPECT_EQ(server.connections(), 2U);
  EXPECT_EQ(client.perform(put, {}).body, to_bytes("third"));
  EXPECT_EQ(server.connections(), 3U);
  EXPECT_EQ(server.seen().at(2).body, as_text(body));
  EXPECT_EQ(server.seen().back().body, as_text(body));
}

TEST(CurlFaults, AnAnswerMayComeBeforeTheBodyIsTaken) {
  HttpServer server;
  server.then(
      HttpScript().leave_body().send("HTTP/1.1 507 Full\r\nContent-Length: 4\r\n\r\nfull").wait());
  CurlClient client({});
  const Bytes body(20'000'000);
  const HttpResponse response = client.perform({"PUT", server.url(), {}, body}, {});
  EXPECT_EQ(response.status, 507);
  EXPECT_EQ(response.body, to_bytes("full"));
  EXPECT_EQ(get(client, server.url()).status, 200);
  EXPECT_EQ(server.connections(), 2U) << "the body would go on in the first one";
}

TEST(CurlFaults, MessagesHaveNoSecrets) {
  HttpServer server;
  server.otherwise(HttpScript().close());
  CurlClient client({});
  try {
    get(client, server.url("/path?signature=hidden"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find("hidden"), std::string::npos) << error.what();
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    EXPECT_EQ(error.subject(), server.url("/path"));
  }
}

TEST(CurlFaults, ARequestThatIsStuckIsUnanswered) {
  HttpServer server;
  server.then(HttpScript().wait());
  server.then(HttpScript().send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123").wait());
  server.then(HttpScript().leave_body().wait());
  HttpOptions options;
  options.stuck_request_timeout = milliseconds(300);
  CurlClient client({.http = options});
  const Bytes body(20'000'000);
  const auto is_stuck = [&](const HttpRequest& request) {
    return fails_with(ErrorCode::kUnavailable, "neither took nor sent a byte for 0.3 s",
                      [&] { client.perform(request, {}); });
  };
  EXPECT_TRUE(is_stuck({"GET", server.url()}));
  EXPECT_TRUE(is_stuck({"GET", server.url()}));
  EXPECT_TRUE(is_stuck({"PUT", server.url(), {}, body}));
}

TEST(CurlFaults, NoTimeUntilStuckIsTheUsualTime) {
  HttpServer server;
  for (const milliseconds timeout : {milliseconds(0), milliseconds(-1), milliseconds::max()}) {
    HttpOptions options;
    options.stuck_request_timeout = timeout;
    CurlClient client({.http = options});
    EXPECT_EQ(get(client, server.url()).status, 200);
  }
}

/// Starts the request, waits for `under_way`, requests a stop.
::testing::AssertionResult ends_with_a_stop(CurlClient& client, const HttpRequest& request,
                                            const std::function<bool()>& under_way) {
  StopSource source;
  ::testing::AssertionResult result = ::testing::AssertionFailure();
  {
    std::jthread caller([&] {
      result =
          fails_with(ErrorCode::kCancelled, [&] { client.perform(request, source.get_token()); });
    });
    EXPECT_TRUE(under_way());
    source.request_stop();
  }
  return result;
}

TEST(CurlStop, EndsARequestWhereverItIs) {
  HttpServer server;
  server.then(HttpScript().wait());
  server.then(HttpScript().send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123").wait());
  server.then(HttpScript().leave_body().wait());
  CurlClient client({});
  const Bytes body(20'000'000);
  const auto waits = [&](std::size_t number) {
    return [&server, number] { return server.wait_until_waiting(number); };
  };
  EXPECT_TRUE(ends_with_a_stop(client, {"GET", server.url()}, waits(1)));
  EXPECT_TRUE(ends_with_a_stop(client, {"GET", server.url()}, waits(2)));
  EXPECT_TRUE(ends_with_a_stop(client, {"PUT", server.url(), {}, body}, waits(3)));
  server.release();
  EXPECT_EQ(get(client, server.url()).status, 200);
}

TEST(CurlStop, EndsARequestThatConnects) {
  const FullPort port;
  HttpOptions options;
  options.insecure_tls = true;  // not every machine has certificates
  CurlClient client({.http = options});
  EXPECT_TRUE(ends_with_a_stop(client, {"GET", port.url()}, [] { return true; }));
  HttpServer no_tls;
  std::string url = no_tls.url();
  url.insert(4, "s");
  EXPECT_TRUE(ends_with_a_stop(client, {"GET", url}, [&] { return no_tls.wait_until_open(1); }));
}

TEST(CurlStop, EndsARequestWhoseServersNameIsLookedUp) {
  {
    const std::lock_guard lock(resolver_mutex);
    lookups_hang = true;
  }
  {
    CurlClient client({});
    EXPECT_TRUE(ends_with_a_stop(client, {"GET", "http://hanging.invalid/"}, [] {
      std::unique_lock lock(resolver_mutex);
      return resolver_changed.wait_for(lock, std::chrono::seconds(20),
                                       [] { return hanging_lookups > 0; });
    }));
    HttpServer server;
    EXPECT_EQ(get(client, server.url()).status, 200);
  }
  std::unique_lock lock(resolver_mutex);
  EXPECT_GT(hanging_lookups, 0) << "the name was not looked up by then";
  lookups_hang = false;
  resolver_changed.notify_all();
  resolver_changed.wait(lock, [] { return hanging_lookups == 0; });
}

TEST(CurlStop, ThatCameBeforeAsksNothing) {
  HttpServer server;
  CurlClient client({});
  StopSource source;
  source.request_stop();
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] {
    client.perform({"GET", server.url()}, source.get_token());
  }));
  EXPECT_EQ(server.connections(), 0U);
}

TEST(CurlStop, TheEndOfTheClientEndsWhatIsUnderWay) {
  HttpServer server;
  server.otherwise(HttpScript().wait());
  std::optional<CurlClient> client;
  client.emplace(CurlClientOptions{});
  std::jthread caller(
      [&] { EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] { get(*client, server.url()); })); });
  EXPECT_TRUE(server.wait_until_waiting(1));
  client.reset();
}

}  // namespace
}  // namespace snapfs
