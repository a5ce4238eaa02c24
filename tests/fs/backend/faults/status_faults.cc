// Whole answers that say that it was not done: by a status, or by the code of an object store.
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "tests/fs/backend/faults/web_fault_kinds.h"
#include "tests/fs/backend/faults/web_fault_parts.h"
#include "tests/support/fake_s3.h"

namespace snapfs::test {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

WebFault with_status(int status, std::string name = {}, std::string_view headers = {}) {
  WebFault fault{.name = name.empty() ? fmt::format("status_{}", status) : std::move(name)};
  fault.effect = FaultEffect::kStatus;
  fault.status = status;
  fault.does_nothing = true;
  fault.spoil = [status, headers = std::string(headers)](const WebExchange& exchange) {
    const std::string_view words = is_head(exchange.request) ? "" : "words of the server\n";
    return WebStrike{HttpScript::answer(fmt::format("{} Words", status), words, headers),
                     FaultEffect::kStatus};
  };
  return fault;
}

WebFault with_pause(std::string name, int status, std::string value,
                    std::optional<seconds> asks_to_wait) {
  WebFault fault =
      with_status(status, std::move(name),
                  "Retry-After: " + value + "\r\n" + "Date: Sun, 22 Nov 2026 23:37:41 GMT\r\n");
  fault.asks_to_wait = asks_to_wait;
  return fault;
}

WebFault with_redirect(int status, bool to_other_host) {
  WebFault fault = with_status(
      status, fmt::format("redirect_{}_to_{}", status, to_other_host ? "another_host" : "itself"));
  fault.spoil = [status, to_other_host](const WebExchange& exchange) {
    const std::string place = to_other_host ? exchange.elsewhere : exchange.request.target;
    return WebStrike{
        HttpScript::answer(fmt::format("{} Words", status), "", "Location: " + place + "\r\n"),
        FaultEffect::kStatus};
  };
  return fault;
}

/// An object store that says why.
WebFault with_code(int status, std::string code, ErrorCode meaning) {
  WebFault fault{.name = fmt::format("code_{}", code), .effect = FaultEffect::kCode};
  fault.status = status;
  fault.code = meaning;
  fault.does_nothing = true;
  fault.kinds = {WebKind::kS3};
  fault.spoil = [status, code](const WebExchange& exchange) {
    HttpResponse answer = s3_answer(status, code);
    if (is_head(exchange.request)) answer.body.clear();
    return WebStrike{HttpScript().send(wire(answer)), FaultEffect::kCode};
  };
  return fault;
}

void add_statuses(std::vector<WebFault>& faults) {
  for (const int status : {400, 402, 405, 407, 408, 409, 410, 411, 412, 413, 414,
                           416, 418, 425, 451, 501, 504, 505, 508, 511, 599}) {
    faults.push_back(with_status(status));
  }
  for (const int status : {401, 403, 404, 429, 500, 502, 503, 507}) {
    faults.push_back(everywhere(with_status(status)));
  }
  for (const int status : {429, 503}) {
    const auto pause = [status](std::string_view name, std::string value,
                                std::optional<seconds> wait) {
      return with_pause(fmt::format("{}_{}", status, name), status, std::move(value), wait);
    };
    faults.push_back(pause("seconds", "17", seconds(17)));
    faults.push_back(pause("date", "Sun, 22 Nov 2026 23:38:00 GMT", seconds(19)));
    faults.push_back(pause("date_that_is_over", "Sun, 22 Nov 2020 23:38:00 GMT", std::nullopt));
    faults.push_back(pause("tomorrow", "86400", hours(24)));
    faults.push_back(pause("absurd_number", "99999999999999999999999", hours(24)));
    faults.push_back(pause("absurd_date", "Sun, 22 Nov 9999 23:38:00 GMT", hours(24)));
    faults.push_back(pause("negative", "-5", std::nullopt));
    faults.push_back(pause("letters", "soon", std::nullopt));
    faults.push_back(pause("nothing", "", std::nullopt));
  }
  for (const int status : {301, 302, 303, 307, 308}) {
    faults.push_back(with_redirect(status, false));
    faults.push_back(with_redirect(status, true));
  }
  // Before the body was taken.
  const auto early = [](int status) {
    WebFault fault = while_uploading(at_once(
        fmt::format("early_{}", status),
        HttpScript()
            .leave_body()
            .send(fmt::format("HTTP/1.1 {} Words\r\nContent-Length: 5\r\n\r\nwords", status))
            .wait(),
        FaultEffect::kStatus));
    fault.status = status;
    // A small one is sent before the answer is read, and the connection is kept.
    fault.meets = [](const SeenHttpRequest& request) {
      return request.header("content-length").size() >= 7;
    };
    return fault;
  };
  for (const int status : {401, 403, 413, 429, 503, 507}) faults.push_back(early(status));
}

void add_codes(std::vector<WebFault>& faults) {
  using enum ErrorCode;
  for (const auto& [status, code, meaning] : std::vector<std::tuple<int, std::string, ErrorCode>>{
           {403, "InvalidAccessKeyId", kWrongCredentials},
           {403, "SignatureDoesNotMatch", kWrongCredentials},
           {403, "RequestTimeTooSkewed", kWrongCredentials},
           {400, "ExpiredToken", kWrongCredentials},
           {403, "AccessDenied", kPermission},
           {403, "AllAccessDisabled", kPermission},
           {404, "NoSuchKey", kNotFound},
           {404, "NoSuchBucket", kNoRepository},
           {403, "QuotaExceeded", kNoSpace},
           {507, "XMinioStorageFull", kNoSpace},
           {403, "InvalidObjectState", kUnsupported},
           {501, "NotImplemented", kUnsupported},
           {405, "MethodNotAllowed", kUnsupported},
           {503, "SlowDown", kUnavailable},
           {503, "ServiceUnavailable", kUnavailable},
           {500, "InternalError", kUnavailable},
           {400, "RequestTimeout", kUnavailable},
           {409, "OperationAborted", kUnavailable},
           {400, "BadDigest", kUnavailable},
           {400, "IncompleteBody", kUnavailable}}) {
    faults.push_back(everywhere(with_code(status, code, meaning)));
  }
}

}  // namespace

void add_status_faults(std::vector<WebFault>& faults) {
  add_statuses(faults);
  add_codes(faults);
}

}  // namespace snapfs::test
