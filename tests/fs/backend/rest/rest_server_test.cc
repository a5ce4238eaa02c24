// Against real servers, what the conformance suite does not ask for: who may do what, certificates,
// sockets.
#include "tests/support/rest_server.h"

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/http/curl_client.h"
#include "fs/backend/open/open.h"
#include "fs/backend/rest/rest_backend.h"
#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::numbered_id;
using test::RestServer;
using test::to_bytes;

const FileKey kLock{FileKind::kLock, numbered_id(1)};
const FileKey kSnapshot{FileKind::kSnapshot, numbered_id(2)};

/// As `htpasswd -nbs` writes it: "secret" as SHA-1.
constexpr std::string_view kSecretFile =
    "me:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\nyou:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n";

BackendStack open_rest(const std::string& url, StorageOptions options = {}) {
  return open_storage(RepositoryLocation::parse("rest:" + url), options);
}

/// The same with a user and password in it.
std::string with_user(const std::string& url, const std::string& who) {
  return "http://" + who + "@" + url.substr(std::string("http://").size());
}

class RestServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::find_rest_server()) GTEST_SKIP() << "rest-server is not installed";
  }

  test::TemporaryDirectory directory_;
};

TEST_F(RestServerTest, KnowsWhoAsks) {
  const RestServer server(
      {"--htpasswd-file", directory_.write("htpasswd", kSecretFile), "--private-repos"});
  const BackendStack mine = open_rest(with_user(server.url("/me/"), "me:secret"));
  mine.top().create({});
  mine.top().save(kSnapshot, as_bytes("x"), {});
  const BackendStack same = open_rest(server.url("/me/"), {.rest = {"me", "secret"}});
  EXPECT_EQ(same.top().size(kSnapshot, {}), 1U);
  for (const std::string who : {"me:wrong", "nobody:secret", "you:secret", ""}) {
    const BackendStack other =
        open_rest(who.empty() ? server.url("/me/") : with_user(server.url("/me/"), who));
    EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, "user name and the password", [&] {
      other.top().load(kSnapshot, std::nullopt, {}, {});
    })) << who;
    EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials,
                           [&] { other.top().list(FileKind::kSnapshot, {}); }));
  }
}

TEST_F(RestServerTest, MayBeAppendOnlyButForLocks) {
  const RestServer server({"--no-auth", "--append-only"});
  const BackendStack stack = open_rest(server.url());
  stack.top().create({});
  stack.top().save(kSnapshot, as_bytes("x"), {});
  stack.top().save(kSnapshot, as_bytes("x"), {});  // as if the first answer had been lost
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "append-only",
                         [&] { stack.top().save(kSnapshot, as_bytes("y"), {}); }));
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "append-only",
                         [&] { stack.top().remove(kSnapshot, {}); }));
  EXPECT_EQ(stack.top().load(kSnapshot, std::nullopt, {}, {}), to_bytes("x"));
  stack.top().save(kLock, as_bytes("lock"), {});
  stack.top().remove(kLock, {});
  EXPECT_FALSE(stack.top().size(kLock, {}));
}

TEST_F(RestServerTest, MayBeFull) {
  const RestServer server({"--no-auth", "--max-size", "100000"});
  const BackendStack stack = open_rest(server.url());
  stack.top().create({});
  stack.top().save(kSnapshot, as_bytes("x"), {});
  EXPECT_TRUE(fails_with(ErrorCode::kNoSpace, "full", [&] {
    stack.top().save({FileKind::kPack, numbered_id(3)}, Bytes(200'000, 1), {});
  }));
}

TEST_F(RestServerTest, MayListenOnASocket) {
  const std::string socket = directory_ / "socket";
  const RestServer server({"--no-auth"}, "unix:" + socket);
  const BackendStack stack = open_rest("http+unix://" + socket + ":/r/");
  stack.top().create({});
  stack.top().save(kSnapshot, as_bytes("x"), {});
  EXPECT_EQ(stack.top().list(FileKind::kSnapshot, {}).size(), 1U);
}

TEST_F(RestServerTest, ShowsACertificateThatMustBeTrusted) {
  const std::string key = directory_ / "key.pem";
  const std::string certificate = directory_ / "certificate.pem";
  const std::string make =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
      "-subj /CN=test -addext subjectAltName=IP:127.0.0.1 -keyout " +
      key + " -out " + certificate + " 2>/dev/null";
  if (std::system(make.c_str()) != 0) GTEST_SKIP() << "openssl is not installed";
  const RestServer server({"--no-auth", "--tls", "--tls-cert", certificate, "--tls-key", key});
  const std::string url = "https" + server.url().substr(std::string("http").size());
  const BackendStack strange = open_rest(url);
  EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, [&] { strange.top().create({}); }));
  StorageOptions trusting;
  trusting.http.certificate_files = {certificate};
  const BackendStack known = open_rest(url, trusting);
  known.top().create({});
  known.top().save(kSnapshot, as_bytes("x"), {});
  StorageOptions careless;
  careless.http.insecure_tls = true;
  EXPECT_EQ(open_rest(url, careless).top().size(kSnapshot, {}), 1U);
}

TEST_F(RestServerTest, TakesNoContentUnderTheNameOfAnother) {
  // The place of the programs' own: without the option that lets any content have any name.
  const test::TemporaryDirectory data;
  const test::ServerProcess process({*test::find_rest_server(), "--path", data.path().string(),
                                     "--listen", "127.0.0.1:0", "--no-auth"},
                                    "start server on");
  RestBackend backend(std::make_unique<CurlClient>(CurlClientOptions{}),
                      RestLocation::parse("http://127.0.0.1:" + std::to_string(process.port())));
  backend.create({});
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "did not get what was sent",
                         [&] { backend.save(kSnapshot, as_bytes("x"), {}); }));
  EXPECT_FALSE(backend.size(kSnapshot, {}));
}

}  // namespace
}  // namespace snapfs
