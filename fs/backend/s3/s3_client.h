// Signed requests to one bucket: what all calls of an object store have in common.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/backend/http/http_client.h"
#include "fs/backend/s3/s3_credentials.h"
#include "fs/backend/s3/s3_location.h"
#include "fs/backend/s3/s3_xml.h"
#include "fs/backend/s3/sigv4.h"
#include "fs/base/synchronized.h"
#include "fs/time/clock.h"

namespace snapfs {

struct S3Request {
  std::string_view method;  ///< "GET"
  std::string key = {};     ///< not encoded; empty: it is about the bucket
  QueryParameters query = {};
  std::vector<HttpHeader> headers = {};  ///< those of the signature are added
  ByteView body = {};                    ///< must outlive the call
  std::size_t longest_answer = std::size_t{1} << 20;
  bool is_paced = true;  ///< see HttpRequest
};

/// Thread-safe.
class S3Client {
 public:
  /// The location, how its bucket is named, and the region if the user says which; else it is the
  /// one that the host names, or us-east-1, until the storage says that it is another.
  struct Place {
    S3Location location;
    S3BucketLookup lookup = S3BucketLookup::kAuto;
    std::optional<std::string> region = {};
  };

  /// All of them must outlive it.
  S3Client(HttpClient& http, S3CredentialSource& credentials, const Clock& clock, Place place);

  /// The answer, whatever its status. A request is made once more when it was signed for another
  /// region than the bucket's, which is remembered, or with credentials that expired meanwhile.
  /// Throws what HttpClient and S3CredentialSource throw.
  HttpResponse perform(const S3Request& request, const StopToken& stop);

  /// The Error for an answer that is no success. `what` begins the message.
  Error error_of(const HttpResponse& response, std::string_view what,
                 std::string_view subject = {}) const;

  const S3Location& location() const noexcept { return place_.location; }
  std::string region() const { return *region_.lock(); }

 private:
  HttpRequest make_request(const S3Request& request, const S3Credentials* credentials,
                           const std::string& region) const;

  /// Whether the answer says that the bucket is in another region than `used`.
  bool learn_region(const HttpResponse& response, const std::string& used);

  HttpClient& http_;
  S3CredentialSource& credentials_;
  const Clock& clock_;
  const Place place_;
  Synchronized<std::string> region_;
};

}  // namespace snapfs
