// What the tables of a web server's faults (web_fault_kinds.h) are put together from.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "tests/fs/backend/faults/web_fault.h"

namespace snapfs::test {

/// The answer up to its body, without what is said of the length unless it is that of a HEAD.
std::string head_of(const HttpResponse& answer, std::string_view more = {});

bool is_head(const SeenHttpRequest& request);

/// Of the content of a file, or of a part of it.
bool loads_object(const SeenHttpRequest& request);

/// Of a part.
bool loads_part(const SeenHttpRequest& request);

bool lists(const SeenHttpRequest& request);

/// A fault that comes before what was asked is done.
WebFault at_once(std::string name, HttpScript script, FaultEffect effect = FaultEffect::kPasses);

/// One of the answer.
WebFault spoiled(std::string name, std::function<WebStrike(const WebExchange&)> spoil);

/// The same fault, met at every request of a call.
WebFault everywhere(WebFault fault);

/// Met on a connection that was used before.
WebFault warm(WebFault fault);

/// Met until the client loses its patience.
WebFault slow(WebFault fault);

/// Met by requests that have a body.
WebFault while_uploading(WebFault fault);

/// The right answer, its bytes sent by `send`.
template <class Send>
std::function<WebStrike(const WebExchange&)> harmless(const Send& send) {
  return [send](const WebExchange& exchange) {
    return WebStrike{send(exchange.right), FaultEffect::kNone};
  };
}

}  // namespace snapfs::test
