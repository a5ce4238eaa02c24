#include "fs/backend/s3/sigv4.h"

#include <algorithm>

#include <fmt/format.h>

#include "fs/base/ascii_case.h"
#include "fs/base/hex.h"
#include "fs/base/percent_text.h"
#include "fs/crypto/hmac_sha256.h"
#include "fs/crypto/secure_memory.h"
#include "fs/crypto/sha256.h"
#include "fs/time/civil_date.h"

namespace snapfs {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

/// Without blanks around it, and with one for several.
std::string canonical_value(std::string_view value) {
  std::string canonical;
  for (const char c : value) {
    const bool is_superfluous = c == ' ' && (canonical.empty() || canonical.back() == ' ');
    if (!is_superfluous) canonical += c;
  }
  if (canonical.ends_with(' ')) canonical.pop_back();
  return canonical;
}

struct CanonicalHeaders {
  std::string lines;  ///< "host:…\nrange:…\n"
  std::string names;  ///< "host;range"
};

CanonicalHeaders canonical_headers(const std::vector<HttpHeader>& headers) {
  std::vector<HttpHeader> sorted;
  sorted.reserve(headers.size());
  for (const auto& [name, value] : headers) {
    sorted.emplace_back(ascii_lower(name), canonical_value(value));
  }
  std::ranges::sort(sorted);
  CanonicalHeaders canonical;
  for (const auto& [name, value] : sorted) {
    canonical.lines += fmt::format("{}:{}\n", name, value);
    canonical.names += fmt::format("{}{}", canonical.names.empty() ? "" : ";", name);
  }
  return canonical;
}

std::string hex_digest(std::string_view text) { return sha256(as_bytes(text)).hex(); }

/// The key of one day, region and service, from which the secret cannot be told.
Hmac derive_key(const SigningKey& key, std::string_view day) {
  std::string secret = "AWS4" + key.secret;
  Hmac derived = hmac_sha256(as_bytes(secret), as_bytes(day));
  wipe({reinterpret_cast<std::uint8_t*>(secret.data()), secret.size()});
  for (const std::string_view part : {std::string_view(key.region), std::string_view(key.service),
                                      std::string_view("aws4_request")}) {
    derived = hmac_sha256(derived, as_bytes(part));
  }
  return derived;
}

}  // namespace

std::string format_amazon_time(Timestamp time) {
  const std::int64_t day = day_of_second(time.seconds);
  const std::int64_t second = time.seconds - day * kSecondsPerDay;
  const CivilDate date = civil_from_days(day);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", date.year, date.month, date.day,
                     second / 3600, second / 60 % 60, second % 60);
}

std::string encoded_query(const QueryParameters& query) {
  std::vector<std::pair<std::string, std::string>> encoded;
  for (const auto& [name, value] : query) {
    encoded.emplace_back(percent_encoded(name, Slashes::kEncoded),
                         percent_encoded(value, Slashes::kEncoded));
  }
  std::ranges::sort(encoded);
  std::string text;
  for (const auto& [name, value] : encoded) {
    text += fmt::format("{}{}={}", text.empty() ? "" : "&", name, value);
  }
  return text;
}

std::string sign(const SigningKey& key, Timestamp time, const SignedRequest& request) {
  const CanonicalHeaders headers = canonical_headers(request.headers);
  const std::string canonical = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, request.path,
                                            encoded_query(request.query), headers.lines,
                                            headers.names, request.payload_sha256);
  const std::string moment = format_amazon_time(time);
  const std::string_view day = std::string_view(moment).substr(0, 8);
  const std::string scope = fmt::format("{}/{}/{}/aws4_request", day, key.region, key.service);
  const std::string text =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, moment, scope, hex_digest(canonical));
  const Hmac signature = hmac_sha256(derive_key(key, day), as_bytes(text));
  return fmt::format("{} Credential={}/{},SignedHeaders={},Signature={}", kAlgorithm, key.key_id,
                     scope, headers.names, to_hex(signature));
}

}  // namespace snapfs
