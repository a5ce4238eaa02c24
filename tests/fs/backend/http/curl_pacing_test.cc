// Requests under a rate limit. The time is a test's, so that how fast the machine is says nothing.
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/http/curl_client.h"
#include "fs/backend/http/paced_direction.h"
#include "tests/support/fails_with.h"
#include "tests/support/http_server.h"
#include "tests/support/manual_timer.h"

namespace snapfs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::fails_with;
using test::HttpScript;
using test::HttpServer;

/// Every look at it takes a millisecond: time goes by while somebody waits for it, and only then.
class SteppingTimer final : public Timer {
 public:
  TimePoint now() const override { return TimePoint(milliseconds(++steps_)); }
  bool wait_until(TimePoint /*time*/, const StopToken& /*stop*/) override { return false; }

  milliseconds elapsed() const { return milliseconds(steps_.load()); }

 private:
  mutable std::atomic<std::int64_t> steps_ = 0;
};

constexpr std::size_t kRate = 1 << 20;
constexpr std::size_t kBodyBytes = 256 << 10;

/// What a body takes at least, of which the last piece of 16 KiB may move at once.
constexpr milliseconds kBodyTime = milliseconds(1000 * (kBodyBytes - (16 << 10)) / kRate);

TEST(PacedDirection, KeepsATurnForWhatWaits) {
  test::ManualTimer timer;
  RateLimit limit(1000, timer);
  PacedDirection direction(&limit);
  EXPECT_TRUE(direction.may_move(500, timer.now()));
  EXPECT_FALSE(direction.may_move(500, timer.now()));
  EXPECT_TRUE(direction.waits());
  EXPECT_FALSE(direction.may_move(500, timer.now())) << "which is no second turn";
  EXPECT_EQ(direction.ready_at(), timer.now() + milliseconds(500));
  EXPECT_FALSE(direction.is_due(timer.now()));
  timer.advance(milliseconds(500));
  EXPECT_TRUE(direction.is_due(timer.now()));
  direction.go_on();
  EXPECT_TRUE(direction.may_move(200, timer.now())) << "fewer than were reserved";
  EXPECT_TRUE(direction.may_move(300, timer.now())) << "the others of them";
  EXPECT_FALSE(direction.may_move(1, timer.now()));
}

TEST(PacedDirection, WithoutALimitNothingWaits) {
  PacedDirection direction(nullptr);
  RateLimit none(0);
  PacedDirection unlimited(&none);
  EXPECT_TRUE(direction.may_move(1 << 30, {}));
  EXPECT_TRUE(unlimited.may_move(1 << 30, {}));
  EXPECT_FALSE(unlimited.is_paced());
}

TEST(CurlPacing, AnswersComeNoFasterThanTheLimit) {
  SteppingTimer timer;
  RateLimit limit(kRate, timer);
  HttpServer server;
  const std::string body(kBodyBytes, 'x');
  server.otherwise(HttpScript::answer("200 OK", body));
  CurlClient client({.limits = {.download = &limit}}, timer);
  EXPECT_EQ(client.perform({"GET", server.url()}, {}).body.size(), kBodyBytes);
  EXPECT_GE(timer.elapsed(), kBodyTime - RateLimit::kBurst);
}

TEST(CurlPacing, BodiesGoNoFasterThanTheLimit) {
  SteppingTimer timer;
  RateLimit limit(kRate, timer);
  HttpServer server;
  CurlClient client({.limits = {.upload = &limit}}, timer);
  const Bytes body(kBodyBytes, 'x');
  client.perform({"PUT", server.url(), {}, body}, {});
  EXPECT_EQ(server.seen().at(0).body, as_text(body));
  EXPECT_GE(timer.elapsed(), kBodyTime - RateLimit::kBurst);
}

TEST(CurlPacing, AllRequestsShareTheLimit) {
  constexpr std::size_t kRequests = 8;
  test::ManualTimer timer;
  const Timer::TimePoint start = timer.now();
  const Bytes body(16 << 10, 'x');
  RateLimit limit(body.size(), timer);
  HttpServer server;
  CurlClient client({.limits = {.upload = &limit}}, timer);
  std::vector<std::jthread> callers;
  for (std::size_t i = 0; i < kRequests; ++i) {
    callers.emplace_back([&] { client.perform({"PUT", server.url(), {}, body}, {}); });
  }
  for (std::size_t i = 1; i <= kRequests; ++i) {
    EXPECT_TRUE(server.wait_until_seen(i));
    EXPECT_EQ(server.seen().size(), i) << "one a second";
    timer.advance(seconds(1));
  }
  callers.clear();
  EXPECT_EQ(limit.reserve(1), start + seconds(kRequests));
}

TEST(CurlPacing, BothDirectionsOfARequestMayWait) {
  SteppingTimer timer;
  RateLimit up(kRate, timer);
  RateLimit down(kRate / 2, timer);
  HttpServer server;
  const std::string answer(kBodyBytes, 'y');
  server.otherwise(HttpScript::answer("200 OK", answer));
  CurlClient client({.limits = {&up, &down}}, timer);
  const Bytes body(kBodyBytes, 'x');
  EXPECT_EQ(as_text(client.perform({"POST", server.url(), {}, body}, {}).body), answer);
  EXPECT_EQ(server.seen().at(0).body, as_text(body));
}

TEST(CurlPacing, WhatIsNotPacedPassesBy) {
  test::ManualTimer timer;
  RateLimit limit(1, timer);
  limit.reserve(1 << 20);  // twelve days
  HttpServer server;
  server.otherwise(HttpScript::answer("200 OK", "answer"));
  CurlClient client({.limits = {&limit, &limit}}, timer);
  const Bytes body(100'000);
  HttpRequest request{"PUT", server.url(), {}, body};
  request.is_paced = false;
  EXPECT_EQ(client.perform(request, {}).status, 200);
  EXPECT_EQ(limit.reserve(1), timer.now() + seconds(1 << 20)) << "nor is it counted";
}

TEST(CurlPacing, AStopEndsTheWait) {
  test::ManualTimer timer;
  RateLimit limit(1, timer);
  limit.reserve(1 << 20);
  HttpServer server;
  server.otherwise(HttpScript::answer("200 OK", "answer"));
  const Bytes body(100'000);
  for (const bool upload : {true, false}) {
    CurlClient client({.limits = {upload ? &limit : nullptr, upload ? nullptr : &limit}}, timer);
    StopSource source;
    std::jthread caller([&] {
      EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] {
        client.perform({"PUT", server.url(), {}, body}, source.get_token());
      }));
    });
    // The body that waits is not seen; the answer that does was asked for.
    EXPECT_TRUE(upload ? server.wait_until_open(1) : server.wait_until_seen(1));
    source.request_stop();
  }
}

TEST(CurlPacing, AWaitForTheLimitDoesNotCountAsStuck) {
  // Three pieces, half a second apart, with 0.3 s until a request is stuck.
  RateLimit limit(32 << 10);
  HttpServer server;
  HttpOptions options;
  options.stuck_request_timeout = milliseconds(300);
  CurlClient client({.http = options, .limits = {.upload = &limit}});
  const Bytes body(48 << 10, 'x');
  client.perform({"PUT", server.url(), {}, body}, {});
  EXPECT_EQ(server.seen().at(0).body, as_text(body));
}

}  // namespace
}  // namespace snapfs
