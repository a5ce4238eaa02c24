#include "fs/backend/s3/s3_location.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "fs/backend/server_address.h"
#include "fs/base/ascii_case.h"
#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/base/percent_text.h"
#include "fs/base/utf8.h"

namespace snapfs {
namespace {

constexpr std::string_view kExample =
    "write s3:HOST/BUCKET/PATH or s3:https://HOST:PORT/BUCKET/PATH";

[[noreturn]] void throw_usage(std::string_view reason) {
  throw Error(ErrorCode::kUsage, fmt::format("{}: {}", reason, kExample));
}

/// Both halves of a text around the first slash; the second one is empty when there is none.
std::pair<std::string_view, std::string_view> cut(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  return {text.substr(0, slash), text.substr(std::min(slash + 1, text.size()))};
}

std::string checked_host(std::string_view host, bool tls) {
  if (host.find('@') != std::string_view::npos) {
    throw_usage(
        "the address of an object store holds no user and no password (set AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY)");
  }
  if (const std::string_view fault = fault_of_web_host(host); !fault.empty()) {
    throw_usage(fmt::format("the address of the object store {}", fault));
  }
  std::string lower = ascii_lower(host);
  const std::string_view usual_port = tls ? ":443" : ":80";
  if (lower.ends_with(usual_port)) lower.resize(lower.size() - usual_port.size());
  return lower;
}

std::string checked_bucket(std::string_view bucket) {
  if (bucket.empty()) throw_usage("the object store's bucket is missing");
  const bool odd = std::ranges::any_of(bucket, [](unsigned char c) {
    return std::isalnum(c) == 0 && c != '.' && c != '-' && c != '_' && c != ':';
  });
  if (bucket.size() < 3 || bucket.size() > 63 || odd ||
      bucket.find("..") != std::string_view::npos) {
    throw_usage(fmt::format(
        "\"{}\" is no name of a bucket: 3 to 63 letters, digits, dots and hyphens", bucket));
  }
  return std::string(bucket);
}

std::string checked_prefix(std::string_view prefix) {
  if (!is_valid_utf8(prefix)) throw_usage("the path in the bucket is not UTF-8");
  std::string clean = clean_path(prefix);
  if (clean == ".") clean.clear();
  if (clean == ".." || clean.starts_with("../")) throw_usage("the path leads out of the bucket");
  return clean;
}

/// Amazon's names of hosts: what stands before and behind the region. Without a region in it the
/// name is one for all of them; `fixed` when it is not to be completed.
struct AmazonHost {
  std::string before;
  std::string region;
  std::string after;
  bool fixed = false;
};

bool is_region(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

std::optional<AmazonHost> parse_amazon(std::string_view host) {
  std::string_view domain = ".amazonaws.com";
  if (host.ends_with(".amazonaws.com.cn")) domain = ".amazonaws.com.cn";
  if (!host.ends_with(domain)) return std::nullopt;
  std::string_view name = host.substr(0, host.size() - domain.size());
  if (name == "s3" || name == "s3-external-1") return AmazonHost{"s3.", "", std::string(domain)};
  if (name.starts_with("s3-accelerate")) return AmazonHost{std::string(host), "", "", true};
  constexpr std::string_view kPrivate = ".vpce";
  if (name.ends_with(kPrivate) && name.find(".s3.") != std::string_view::npos) {
    name.remove_suffix(kPrivate.size());
    const std::size_t begin = name.find(".s3.") + 4;
    return AmazonHost{std::string(name.substr(0, begin)), std::string(name.substr(begin)),
                      fmt::format("{}{}", kPrivate, domain)};
  }
  constexpr std::array<std::string_view, 5> kBeginnings = {"s3-fips.dualstack.", "s3-fips.",
                                                           "s3.dualstack.", "s3.", "s3-"};
  for (const std::string_view beginning : kBeginnings) {
    if (!name.starts_with(beginning)) continue;
    const std::string_view region = name.substr(beginning.size());
    if (!is_region(region)) return std::nullopt;
    return AmazonHost{std::string(beginning), std::string(region), std::string(domain)};
  }
  return std::nullopt;
}

std::string host_in(const std::string& host, std::string_view region) {
  const std::optional<AmazonHost> amazon = parse_amazon(host);
  if (!amazon || amazon->fixed || region.empty()) return host;
  return fmt::format("{}{}{}", amazon->before, region, amazon->after);
}

/// A certificate covers one name before the host's, so a bucket with a dot in it has none.
bool is_named_by_host(const S3Location& location) {
  if (location.tls && location.bucket.find('.') != std::string::npos) return false;
  return parse_amazon(location.host) || location.host == "storage.googleapis.com" ||
         location.host.ends_with("aliyuncs.com");
}

}  // namespace

S3BucketLookup parse_bucket_lookup(std::string_view text) {
  const std::string lower = ascii_lower(text);
  if (lower.empty() || lower == "auto") return S3BucketLookup::kAuto;
  if (lower == "dns") return S3BucketLookup::kDns;
  if (lower == "path") return S3BucketLookup::kPath;
  throw Error(ErrorCode::kUsage,
              fmt::format("--option s3.bucket-lookup: \"{}\" is none of auto, dns and path", text));
}

S3Location S3Location::parse(std::string_view text) {
  if (text.empty()) throw_usage("the address of the object store is missing behind \"s3:\"");
  S3Location location;
  std::string path;
  std::string_view host;
  const bool plain = begins_in_any_case(text, "http://");
  if (plain || begins_in_any_case(text, "https://")) {
    text.remove_prefix(plain ? 7 : 8);
    text = text.substr(0, text.find_first_of("?#"));
    host = text.substr(0, text.find('/'));
    const std::optional<std::string> decoded = percent_decoded(text.substr(host.size()));
    if (!decoded) throw_usage("a percent sign in a URL stands before two hexadecimal digits");
    path = decoded->empty() ? "" : decoded->substr(1);
    location.tls = !plain;
  } else {
    if (text.starts_with("//")) text.remove_prefix(2);
    host = cut(text).first;
    path = cut(text).second;
  }
  location.host = checked_host(host, location.tls);
  const auto [bucket, prefix] = cut(path);
  location.bucket = checked_bucket(bucket);
  location.prefix = checked_prefix(prefix);
  return location;
}

std::string S3Location::below_prefix(std::string_view name) const {
  if (prefix.empty()) return std::string(name);
  return fmt::format("{}{}{}", prefix, prefix.ends_with('/') ? "" : "/", name);
}

std::string S3Location::key_of(const FileKey& file) const { return below_prefix(path_of(file)); }

std::string S3Location::keys_of(FileKind kind) const {
  return below_prefix(fmt::format("{}/", directory_of(kind)));
}

std::string S3Location::shown() const {
  return fmt::format("s3:{}://{}/{}{}{}", tls ? "https" : "http", host, bucket,
                     prefix.empty() ? "" : "/", prefix);
}

std::optional<std::string> S3Location::region_of_host() const {
  const std::optional<AmazonHost> amazon = parse_amazon(host);
  if (!amazon || amazon->region.empty()) return std::nullopt;
  return amazon->region;
}

S3Location::Target S3Location::target(S3BucketLookup lookup, std::string_view region) const {
  const std::string regional = host_in(host, region);
  if (lookup == S3BucketLookup::kAuto) {
    lookup = is_named_by_host(*this) ? S3BucketLookup::kDns : S3BucketLookup::kPath;
  }
  if (lookup == S3BucketLookup::kDns) return {fmt::format("{}.{}", bucket, regional), "/"};
  return {regional, fmt::format("/{}/", bucket)};
}

}  // namespace snapfs
