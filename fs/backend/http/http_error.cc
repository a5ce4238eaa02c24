#include "fs/backend/http/http_error.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ctime>

#include <fmt/format.h>

#include "fs/backend/http/curl_library.h"
#include "fs/base/one_line.h"
#include "fs/base/utf8.h"

namespace snapfs {
namespace {

using std::chrono::seconds;

constexpr seconds kLongestWait = std::chrono::hours(24);

/// What the server says in words, if it does: pages and documents are for programs.
std::string_view text_of(const HttpResponse& response) {
  const std::string_view body = trim_white_space(as_text(response.body).substr(0, 64 << 10));
  const bool is_document = body.starts_with('<') || body.starts_with('{') || body.starts_with('[');
  return is_document ? std::string_view() : body;
}

struct Meaning {
  ErrorCode code = ErrorCode::kIo;
  std::string words;  ///< in the place of the status's own, if there are any
  std::string next = {};
};

Meaning redirect(const HttpResponse& response) {
  const std::optional<std::string_view> place = response.header("location");
  return {ErrorCode::kUnsupported,
          place ? fmt::format("it points to {}", one_line(shown_url(*place)))
                : std::string("it points elsewhere"),
          "redirects are not followed: name the place itself in the repository's URL"};
}

Meaning meaning_of(const HttpResponse& response) {
  const int status = response.status;
  switch (status) {
    case 401:
      return {ErrorCode::kWrongCredentials, "it does not know who asks",
              "check the user name and the password or keys given for it"};
    case 407:
      return {ErrorCode::kWrongCredentials, "the proxy does not know who asks",
              "check the user name and password in HTTP_PROXY or HTTPS_PROXY"};
    case 403:
      return {ErrorCode::kPermission, "it does not allow that",
              "check what this user may do there"};
    case 404:
    case 410:
      return {ErrorCode::kNotFound, "there is no such thing"};
    case 405:
    case 501:
    case 505:
      return {ErrorCode::kUnsupported, "it cannot do that",
              "check that the URL is the one of a repository's server"};
    case 408:
    case 425:
      return {ErrorCode::kUnavailable, "it was not ready for the request"};
    case 429:
      return {ErrorCode::kUnavailable, "it was asked too often"};
    case 413:
      return {ErrorCode::kNoSpace, "it takes no file of that size",
              "raise the server's limit, or store smaller packs"};
    case 507:
      return {ErrorCode::kNoSpace, "its storage is full", "make room there, or raise the quota"};
    default:
      break;
  }
  if (status >= 300 && status < 400) return redirect(response);
  if (status >= 500 && status < 600) return {ErrorCode::kUnavailable, "it has trouble of its own"};
  // 416 is among them: of a part that a file may not have nobody else asks here, and what a server
  // says without having been asked is no proof that something is lost.
  return {ErrorCode::kIo, "which was not expected",
          "check the URL, and that no proxy answers in the server's place"};
}

std::optional<seconds> wait_until_date(const HttpResponse& response, const std::string& date) {
  const std::time_t until = libcurl().getdate(date.c_str(), nullptr);
  if (until == -1) return std::nullopt;
  std::time_t now = -1;
  if (const auto clock = response.header("date")) {
    now = libcurl().getdate(std::string(*clock).c_str(), nullptr);
  }
  if (now == -1) now = std::time(nullptr);
  return seconds(until) - seconds(now);
}

}  // namespace

std::optional<std::chrono::milliseconds> retry_after(const HttpResponse& response) {
  const std::optional<std::string_view> header = response.header("retry-after");
  if (!header) return std::nullopt;
  const std::string text(trim_white_space(*header));
  if (text.empty()) return std::nullopt;
  std::optional<seconds> wait;
  if (std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    wait = error == std::errc() ? seconds(number) : kLongestWait;  // more than fits
  } else {
    wait = wait_until_date(response, text);
  }
  if (!wait) return std::nullopt;
  return std::clamp(*wait, seconds(0), kLongestWait);
}

std::string shown_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const std::size_t slashes = url.find("//");
  if (slashes == std::string_view::npos) return std::string(url);
  const std::size_t host = slashes + 2;
  const std::string_view authority = url.substr(host, url.find('/', host) - host);
  const std::size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return std::string(url);
  return fmt::format("{}{}", url.substr(0, host), url.substr(host + at + 1));
}

Error http_error_saying(const HttpResponse& response, std::string_view what,
                        std::string_view server_says, std::string_view subject) {
  const Meaning meaning = meaning_of(response);
  std::string message =
      fmt::format("{}: the server answered {}: {}", what, response.status, meaning.words);
  if (const std::string words = one_line(server_says); !words.empty()) {
    message += fmt::format(" (\"{}\")", words);
  }
  if (!meaning.next.empty()) message += fmt::format("; {}", meaning.next);
  Error error(meaning.code, message, std::string(subject));
  if (!error.retryable()) return error;
  const std::optional<std::chrono::milliseconds> wait = retry_after(response);
  return wait ? error.with_retry_after(*wait) : error;
}

Error http_error(const HttpResponse& response, std::string_view what, std::string_view subject) {
  return http_error_saying(response, what, text_of(response), subject);
}

}  // namespace snapfs
