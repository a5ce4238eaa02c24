// What a web server does wrong with one request, and what that means for whoever asked.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/backend/http/http_client.h"
#include "fs/base/error.h"
#include "tests/support/http_server.h"

namespace snapfs::test {

enum class WebKind : std::uint8_t { kRest, kRclone, kS3 };

/// What may come of a request that the fault met.
enum class FaultEffect : std::uint8_t {
  kNone,      ///< the answer is whole, however odd
  kPasses,    ///< the same request is worth making again
  kForged,    ///< only who knows the content can tell
  kNonsense,  ///< an error, or what is right: nothing else
  kStatus,    ///< what the status says
  kCode,      ///< what the code of an object store says
};

/// An answer on its way, for a fault to spoil.
struct WebExchange {
  const SeenHttpRequest& request;
  HttpResponse right;     ///< what a good server answers, which has done what was asked
  std::string elsewhere;  ///< the URL of another server
};

struct WebStrike {
  HttpScript script;
  FaultEffect effect = FaultEffect::kNone;
};

struct WebFault {
  std::string name;

  /// Which requests it meets; empty: all.
  std::function<bool(const SeenHttpRequest&)> meets = {};

  /// One of the two. The first leaves the request's body where it is, and nothing is done of what
  /// was asked; its effect is kPasses unless `effect` says otherwise.
  std::optional<HttpScript> at_once = {};
  std::function<WebStrike(const WebExchange&)> spoil = {};
  FaultEffect effect = FaultEffect::kPasses;

  int status = 0;                      ///< of kStatus
  std::optional<ErrorCode> code = {};  ///< of kCode
  std::optional<std::chrono::milliseconds> asks_to_wait = {};

  bool does_nothing = false;       ///< `spoil` is to be called without what was asked being done
  bool is_everywhere = false;      ///< met at every request of a call, one after the other
  bool is_warm = false;            ///< on a connection that was used before
  bool is_slow = false;            ///< waits for the client to lose patience, which is short then
  bool takes_server_away = false;  ///< nobody listens from the beginning
  bool restarts_server = false;    ///< the server is another one when the client comes again
  std::vector<WebKind> kinds = {WebKind::kRest, WebKind::kRclone, WebKind::kS3};
};

/// The bytes of the answer; `body` in place of its own, and the length that is told of it.
std::string wire(const HttpResponse& answer);

const std::vector<WebFault>& web_faults();

}  // namespace snapfs::test
