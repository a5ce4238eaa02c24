// Where a repository lies in an object store: taken from what the user types, exactly as restic
// takes it, so that both programs find the same keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fs/backend/file_key.h"

namespace snapfs {

/// How requests name the bucket.
enum class S3BucketLookup : std::uint8_t {
  kAuto,  ///< kDns where that is known to work: Amazon, Google, Alibaba
  kDns,   ///< https://BUCKET.HOST/KEY
  kPath,  ///< https://HOST/BUCKET/KEY
};

/// "auto", "dns" or "path", in any case, or nothing for kAuto. Throws Error{kUsage}.
S3BucketLookup parse_bucket_lookup(std::string_view text);

struct S3Location {
  bool tls = true;
  std::string host;  ///< in lower case, with the port unless it is the usual one
  std::string bucket;
  /// What all keys begin with, as a clean path without a slash at its end: the empty path is the
  /// bucket itself, and only what stood behind two slashes begins with one.
  std::string prefix;

  /// `text` is what stands behind "s3:": HOST/BUCKET/PATH, //HOST/BUCKET/PATH, or a URL with http
  /// or https, in which percent signs are understood and what follows "?" or "#" is dropped. Throws
  /// Error{kUsage}.
  static S3Location parse(std::string_view text);

  /// The key of a file: "<prefix>/data/<2 digits>/<id>".
  std::string key_of(const FileKey& file) const;

  /// What the keys of all files of the kind begin with, such as "<prefix>/data/".
  std::string keys_of(FileKind kind) const;

  /// How messages call it, such as "s3:https://host/bucket/prefix".
  std::string shown() const;

  /// The region that the host's name says, as those of Amazon do.
  std::optional<std::string> region_of_host() const;

  /// The host to send a request to, and its path without the key: at Amazon every region has hosts
  /// of its own.
  struct Target {
    std::string host;
    std::string path;  ///< "/" or "/<bucket>/"
  };
  Target target(S3BucketLookup lookup, std::string_view region) const;

 private:
  std::string below_prefix(std::string_view name) const;
};

}  // namespace snapfs
