// An object store in memory that speaks S3's protocol on a free port of 127.0.0.1, with the
// credentials of fake_s3.h and one bucket, which whoever uses it makes. Prints its address, and
// serves until it is ended. For tests of the linked program.
//
// usage: serve_s3 BUCKET
#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "tests/support/fake_s3.h"
#include "tests/support/http_server.h"

namespace snapfs::test {
namespace {

HttpResponse ask(FakeS3& store, const SeenHttpRequest& seen) {
  HttpRequest request{.method = seen.method,
                      .url = fmt::format("http://{}{}", seen.header("host"), seen.target)};
  for (const auto& [name, value] : seen.headers) request.headers.emplace_back(name, value);
  request.body = as_bytes(seen.body);
  return store.perform(request, {});
}

/// The answer as it is sent. To a HEAD it tells the length of what it leaves out.
std::string as_sent(const HttpResponse& response) {
  std::string text = fmt::format("HTTP/1.1 {} Status\r\n", response.status);
  for (const auto& [name, value] : response.headers) text += fmt::format("{}: {}\r\n", name, value);
  if (!response.header("content-length")) {
    text += fmt::format("content-length: {}\r\n", response.body.size());
  }
  return text + "\r\n" + std::string(as_text(response.body));
}

int serve(const std::string& bucket) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  FakeS3 store(
      {.bucket = bucket, .page_size = 1000, .bucket_exists = false, .takes_any_time = true});
  HttpServer server;
  server.otherwise([&](const SeenHttpRequest&) {
    return HttpScript::chosen_by([&](const SeenHttpRequest& request) {
      return HttpScript().send(as_sent(ask(store, request)));
    });
  });
  std::printf("%s\n", server.url("").c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  return 0;
}

}  // namespace
}  // namespace snapfs::test

int main(int argc, char** argv) {
  if (argc == 2) return snapfs::test::serve(argv[1]);
  std::fprintf(stderr, "usage: serve_s3 BUCKET\n");
  return 2;
}
