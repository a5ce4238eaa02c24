// Servers of restic's REST protocol: its own, and rclone.
#include <algorithm>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "fs/backend/http/curl_client.h"
#include "fs/backend/rest/rest_backend.h"
#include "tests/fs/backend/conformance/conformance.h"
#include "tests/support/manual_timer.h"
#include "tests/support/rest_server.h"

namespace snapfs {
namespace {

/// A repository on rest-server.
class RestServerPlace : public Place {
 public:
  Backend& backend() override { return backend_; }
  bool tells_what_it_misses() const override { return false; }
  static std::string missing() {
    return test::find_rest_server() ? "" : "no rest-server is installed";
  }

 protected:
  explicit RestServerPlace(bool says_version)
      : backend_(std::make_unique<VersionClient>(says_version),
                 RestLocation::parse(server_.url("/r/"))) {}

 private:
  /// May keep from the server that it knows version 2.
  class VersionClient final : public HttpClient {
   public:
    explicit VersionClient(bool says_version) : says_version_(says_version) {}
    HttpResponse perform(const HttpRequest& request, const StopToken& stop) override {
      HttpRequest sent = request;
      if (!says_version_) {
        std::erase_if(sent.headers,
                      [](const HttpHeader& header) { return header.first == "Accept"; });
      }
      return client_.perform(sent, stop);
    }

   private:
    const bool says_version_;
    CurlClient client_{CurlClientOptions{}};
  };

  test::RestServer server_;
  RestBackend backend_;
};

class RestServerVersion2Place final : public RestServerPlace {
 public:
  RestServerVersion2Place() : RestServerPlace(true) {}
};

class RestServerVersion1Place final : public RestServerPlace {
 public:
  RestServerVersion1Place() : RestServerPlace(false) {}
};

/// A repository on rclone's "serve restic".
class RcloneServerPlace final : public Place {
 public:
  Backend& backend() override { return backend_; }
  bool tells_what_it_misses() const override { return false; }
  static std::string missing() { return test::find_rclone() ? "" : "no rclone is installed"; }

 private:
  test::RcloneServer server_;
  test::InstantTimer timer_;
  RestBackend backend_{std::make_unique<CurlClient>(CurlClientOptions{}),
                       RestLocation::parse(server_.url("/r/")), RestBackend::kRequests, timer_};
};

using Places =
    ::testing::Types<RestServerVersion2Place, RestServerVersion1Place, RcloneServerPlace>;
INSTANTIATE_TYPED_TEST_SUITE_P(Rest, Conformance, Places, PlaceNames);

}  // namespace
}  // namespace snapfs
