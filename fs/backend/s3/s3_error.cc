#include "fs/backend/s3/s3_error.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "fs/backend/http/http_error.h"
#include "fs/base/one_line.h"
#include "fs/base/utf8.h"
#include "fs/time/civil_date.h"

namespace snapfs {
namespace {

struct Meaning {
  std::string_view name;
  ErrorCode code;
  std::string_view advice;  ///< what the message ends with: words of ours, or nothing
};

constexpr std::string_view kCheckKeys =
    "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the profile in ~/.aws/credentials";
constexpr std::string_view kRenewKeys =
    "the temporary credentials are no longer valid: get new ones, AWS_SESSION_TOKEN among them";
constexpr std::string_view kCheckRights =
    "check what this key may do in the bucket: list it, and get, put and delete what is in it";
constexpr std::string_view kMakeRoom = "make room there, or raise the quota";
constexpr std::string_view kArchived =
    "it lies in an archive: have it brought back with the tools of the storage, such as \"aws "
    "s3api "
    "restore-object\", then run this again";
constexpr std::string_view kOtherRegion = "set -o s3.region to the region of the bucket";
constexpr std::string_view kOtherStorage =
    "this storage cannot do that: use one that knows all of Amazon's protocol";
constexpr std::string_view kOtherName = "the name is taken: choose another one for the bucket";

constexpr auto kMeanings = std::to_array<Meaning>({
    {"InvalidAccessKeyId", ErrorCode::kWrongCredentials, kCheckKeys},
    {"SignatureDoesNotMatch", ErrorCode::kWrongCredentials, kCheckKeys},
    {"InvalidSecurity", ErrorCode::kWrongCredentials, kCheckKeys},
    {"MissingSecurityHeader", ErrorCode::kWrongCredentials, kCheckKeys},
    {"MissingAuthenticationToken", ErrorCode::kWrongCredentials, kCheckKeys},
    {"NotSignedUp", ErrorCode::kWrongCredentials, kCheckKeys},
    {"ExpiredToken", ErrorCode::kWrongCredentials, kRenewKeys},
    {"InvalidToken", ErrorCode::kWrongCredentials, kRenewKeys},
    {"TokenRefreshRequired", ErrorCode::kWrongCredentials, kRenewKeys},
    {"RequestTimeTooSkewed", ErrorCode::kWrongCredentials, {}},
    {"RequestExpired", ErrorCode::kWrongCredentials, {}},
    {"AccessDenied", ErrorCode::kPermission, kCheckRights},
    {"AllAccessDisabled", ErrorCode::kPermission, kCheckRights},
    {"AccountProblem", ErrorCode::kPermission, "the account has a problem that its owner can see"},
    {"UserSuspended", ErrorCode::kPermission, "the user is suspended"},
    {"BucketAlreadyExists", ErrorCode::kPermission, kOtherName},
    {"SlowDown", ErrorCode::kUnavailable, {}},
    {"Throttling", ErrorCode::kUnavailable, {}},
    {"ThrottlingException", ErrorCode::kUnavailable, {}},
    {"TooManyRequests", ErrorCode::kUnavailable, {}},
    {"RequestLimitExceeded", ErrorCode::kUnavailable, {}},
    {"InternalError", ErrorCode::kUnavailable, {}},
    {"ServiceUnavailable", ErrorCode::kUnavailable, {}},
    {"RequestTimeout", ErrorCode::kUnavailable, {}},
    {"OperationAborted", ErrorCode::kUnavailable, {}},
    {"BadDigest", ErrorCode::kUnavailable, {}},
    {"XAmzContentSHA256Mismatch", ErrorCode::kUnavailable, {}},
    {"IncompleteBody", ErrorCode::kUnavailable, {}},
    {"QuotaExceeded", ErrorCode::kNoSpace, kMakeRoom},
    {"XMinioAdminBucketQuotaExceeded", ErrorCode::kNoSpace, kMakeRoom},
    {"XMinioStorageFull", ErrorCode::kNoSpace, kMakeRoom},
    {"TooManyBuckets", ErrorCode::kNoSpace, "this account may have no more buckets"},
    {"NoSuchKey", ErrorCode::kNotFound, "it is not there"},
    {"NoSuchBucket", ErrorCode::kNoRepository,
     "there is no such bucket: check its name, or make it with \"snapfs init\""},
    {"InvalidObjectState", ErrorCode::kUnsupported, kArchived},
    {"NotImplemented", ErrorCode::kUnsupported, kOtherStorage},
    {"MethodNotAllowed", ErrorCode::kUnsupported, kOtherStorage},
    {"EntityTooLarge", ErrorCode::kUnsupported, "store smaller packs (--pack-size)"},
    {"InvalidStorageClass", ErrorCode::kUsage, "set -o s3.storage-class to one that it has"},
    {"InvalidBucketName", ErrorCode::kUsage, kOtherName},
    {"InvalidLocationConstraint", ErrorCode::kUsage, kOtherRegion},
    {"IllegalLocationConstraintException", ErrorCode::kUsage, kOtherRegion},
    {"AuthorizationHeaderMalformed", ErrorCode::kUsage, kOtherRegion},
    {"PermanentRedirect", ErrorCode::kUsage, kOtherRegion},
});

const Meaning* find_meaning(std::string_view code) {
  const auto found = std::ranges::find(kMeanings, code, &Meaning::name);
  return found == kMeanings.end() ? nullptr : &*found;
}

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7) in seconds since the epoch.
std::optional<std::int64_t> parse_http_date(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || !text.ends_with(" GMT")) return std::nullopt;
  const auto number = [text](std::size_t begin, std::size_t size) {
    int value = -1;
    const char* const end = text.data() + begin + size;
    return std::from_chars(text.data() + begin, end, value).ptr == end ? value : -1;
  };
  const std::size_t month = kMonths.find(text.substr(8, 3));
  const int day = number(5, 2);
  const int year = number(12, 4);
  const int hour = number(17, 2);
  const int minute = number(20, 2);
  const int second = number(23, 2);
  if (month == std::string_view::npos || month % 3 != 0 ||
      std::min({day, year, hour, minute, second}) < 0) {
    return std::nullopt;
  }
  const CivilDate date{year, static_cast<unsigned>(month / 3 + 1), static_cast<unsigned>(day)};
  return days_from_civil(date) * kSecondsPerDay + 3600L * hour + 60L * minute + second;
}

std::string in_words(std::int64_t seconds) {
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7200) return fmt::format("{} minutes", seconds / 60);
  if (seconds < 2 * kSecondsPerDay) return fmt::format("{} hours", seconds / 3600);
  return fmt::format("{} days", seconds / kSecondsPerDay);
}

/// Of two clocks, the one at hand is the one that somebody can set.
std::string clock_advice(const HttpResponse& response, Timestamp now) {
  const std::optional<std::int64_t> theirs =
      parse_http_date(response.header("date").value_or(std::string_view()));
  if (!theirs) return "set the clock of this machine";
  const std::int64_t ahead = now.seconds - *theirs;
  return fmt::format("the clock of this machine is {} {} of the server's: set it",
                     in_words(ahead < 0 ? -ahead : ahead), ahead < 0 ? "behind" : "ahead");
}

bool is_about_clocks(std::string_view code) {
  return code == "RequestTimeTooSkewed" || code == "RequestExpired";
}

std::string advice_for(const Meaning& meaning, const HttpResponse& response,
                       const S3Failure& failure, Timestamp now) {
  if (is_about_clocks(meaning.name)) return clock_advice(response, now);
  if (meaning.name == "PermanentRedirect" && !failure.endpoint.empty()) {
    return fmt::format("name the host {} in the repository's address", one_line(failure.endpoint));
  }
  return std::string(meaning.advice);
}

std::string words_of(const S3Failure& failure) {
  if (failure.code.empty()) return failure.message;
  if (failure.message.empty()) return failure.code;
  return fmt::format("{}: {}", failure.code, failure.message);
}

}  // namespace

Error s3_error(const HttpResponse& response, const S3Failure& failure, std::string_view what,
               Timestamp now, std::string_view subject) {
  Error by_status = http_error_saying(response, what, words_of(failure), subject);
  if (const Meaning* const meaning = find_meaning(failure.code)) {
    std::string message = fmt::format("{}: {}", what, meaning->name);
    if (!failure.message.empty()) {
      message += fmt::format(" (\"{}\")", one_line(failure.message));
    }
    const std::string advice = advice_for(*meaning, response, failure, now);
    if (!advice.empty()) message += fmt::format(": {}", advice);
    const Error error(meaning->code, message, std::string(subject));
    const auto wait = error.retryable() ? retry_after(response) : std::nullopt;
    return wait ? error.with_retry_after(*wait) : error;
  }
  if (!by_status.means_loss()) return by_status;
  return {ErrorCode::kIo,
          fmt::format("{}: the server answered {} ({}): check that it is an object store, and that "
                      "no proxy answers in its place",
                      what, response.status,
                      failure.code.empty() ? "without saying why" : one_line(words_of(failure))),
          std::string(subject)};
}

}  // namespace snapfs
