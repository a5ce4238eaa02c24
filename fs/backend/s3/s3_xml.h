// The XML that object stores answer with, as values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/base/bytes.h"

namespace snapfs {

/// What an answer that is no success says. All of it is empty when it says nothing, as to HEAD.
struct S3Failure {
  std::string code;      ///< "NoSuchKey"
  std::string message;   ///< for people, in the server's words
  std::string region;    ///< where the bucket is, if that is what was wrong
  std::string endpoint;  ///< where the server wants to be asked instead
};

/// Whatever the body is, this is what can be made of it.
S3Failure parse_s3_failure(ByteView body);

struct S3Object {
  std::string key;
  std::uint64_t size = 0;
};

/// A part of a listing.
struct S3Page {
  std::vector<S3Object> objects;
  bool is_truncated = false;  ///< there is more
  /// What to ask for it with, if the server said: version 2's token, version 1's marker.
  std::string next;
};

/// Throws Error{kUnsupported}, which begins with `what`, for anything that is no such listing: a
/// part of one is never taken for the whole.
S3Page parse_s3_page(ByteView body, std::string_view what);

/// The temporary credentials in an answer of the security token service.
struct StsKeys {
  std::string key_id;
  std::string secret;
  std::string session_token;
  std::string expiration;  ///< as RFC 3339 has it
};

/// Nothing when the body is no such answer, or a part of it is missing.
std::optional<StsKeys> parse_sts_keys(ByteView body);

/// The body that asks for a bucket in the region.
std::string bucket_configuration(std::string_view region);

}  // namespace snapfs
