// The one rule for a DELETE that finds nothing, for all storages of the web.
#pragma once

#include <functional>
#include <string_view>

#include "fs/backend/http/http_client.h"

namespace snapfs {

/// Whether what was to be removed is gone, by the answer to its DELETE. `says_missing` tells that
/// there was nothing, and counts as done: the same request may have been carried out before, of
/// which only the answer was lost. libcurl sends one again when a connection that was kept turns
/// out to be dead, and a proxy may do so, too (RFC 9110 §9.2.2). But removals go by it, of a lock
/// above all, so `is_there` is asked then. Throws Error{kUnavailable} when it contradicts, with
/// `what`, such as "cannot remove lock 1a2b3c4d at host", and `subject`; what `is_there` throws.
bool is_removed(const HttpResponse& answer, bool says_missing,
                const std::function<bool()>& is_there, std::string_view what,
                std::string_view subject);

}  // namespace snapfs
