// Signature Version 4 of Amazon's services, for requests that are signed in their headers. Source:
// Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring
// Payload in a Single Chunk"; its examples are the tests.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fs/backend/http/http_client.h"
#include "fs/time/timestamp.h"

namespace snapfs {

/// Names and values, not encoded.
using QueryParameters = std::vector<std::pair<std::string, std::string>>;

/// What of a request is signed.
struct SignedRequest {
  std::string method;
  std::string path;            ///< as in the URL, percent-encoded once, from the slash on
  QueryParameters query = {};  ///< in any order
  std::vector<HttpHeader> headers =
      {};                           ///< in any order; "host" and "x-amz-date" must be among them
  std::string payload_sha256 = {};  ///< 64 hexadecimal digits: the digest of the body
};

/// Who signs, and for where.
struct SigningKey {
  std::string key_id;
  std::string secret;
  std::string region;
  std::string service = "s3";
};

/// The digest of no bytes at all.
inline constexpr std::string_view kEmptySha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// "20130524T000000Z", the value of x-amz-date.
std::string format_amazon_time(Timestamp time);

/// The query as it stands in the URL, too: sorted and encoded, "max-keys=2&prefix=J".
std::string encoded_query(const QueryParameters& query);

/// The value of the header Authorization. `time` is x-amz-date's.
std::string sign(const SigningKey& key, Timestamp time, const SignedRequest& request);

}  // namespace snapfs
