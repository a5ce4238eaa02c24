#include "fs/backend/http/http_removal.h"

#include <gtest/gtest.h>

#include "fs/backend/http/curl_client.h"
#include "tests/support/fails_with.h"
#include "tests/support/http_server.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::HttpScript;
using test::HttpServer;

/// A removal as a storage makes it, with a look at what is left when there was nothing.
bool remove(CurlClient& client, HttpServer& server, bool& has_looked) {
  const HttpResponse answer = client.perform({"DELETE", server.url()}, {});
  const auto is_there = [&] {
    has_looked = true;
    return client.perform({"HEAD", server.url()}, {}).is_success();
  };
  return is_removed(answer, answer.status == 404, is_there, "cannot remove it", "it");
}

TEST(HttpRemoval, WhatAnAttemptThatWasLostRemovedIsGone) {
  HttpServer server;
  server.then(HttpScript::answer("200 OK"));
  server.then(HttpScript().close());  // it is removed, and libcurl does not hear of it
  server.then(HttpScript::answer("404 Not Found"));
  server.then(HttpScript::answer("404 Not Found"));
  CurlClient client({});
  client.perform({"GET", server.url()}, {});
  bool has_looked = false;
  EXPECT_TRUE(remove(client, server, has_looked));
  EXPECT_TRUE(has_looked);
  ASSERT_EQ(server.seen().size(), 4U);
  EXPECT_EQ(server.seen()[1].method, "DELETE");
  EXPECT_EQ(server.seen()[2].method, "DELETE") << "sent again by the client";
}

TEST(HttpRemoval, WhatIsThereAfterAllWasNotRemoved) {
  HttpServer server;
  server.then(HttpScript::answer("404 Not Found"));
  server.then(HttpScript::answer("200 OK"));
  CurlClient client({});
  bool has_looked = false;
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "cannot remove it",
                         [&] { remove(client, server, has_looked); }));
}

TEST(HttpRemoval, NobodyLooksWhenTheAnswerIsClear) {
  HttpServer server;
  server.then(HttpScript::answer("204 No Content"));
  server.then(HttpScript::answer("403 Forbidden"));
  CurlClient client({});
  bool has_looked = false;
  EXPECT_TRUE(remove(client, server, has_looked));
  EXPECT_FALSE(remove(client, server, has_looked));
  EXPECT_FALSE(has_looked);
}

}  // namespace
}  // namespace snapfs
