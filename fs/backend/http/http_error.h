// What an answer that is no success means to this program: one place for all storages of the web.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "fs/backend/http/http_client.h"
#include "fs/base/error.h"

namespace snapfs {

/// The Error for an answer whose status is none that the caller hoped for. `what` begins the
/// message and names what failed, and with whom ("cannot load pack 1a2b3c4d from host"); `subject`
/// is the Error's. The message goes on with the status, what it means, the first line of a text
/// that the server sent, and the next step. By status (RFC 9110 §15, RFC 6585):
///   3xx                     kUnsupported, naming where the server points (without query or user)
///   401, 407                kWrongCredentials
///   403                     kPermission
///   404, 410                kNotFound
///   405, 501, 505           kUnsupported
///   413, 507                kNoSpace
///   416                     kDamaged: the file ends before the range that was asked for
///   408, 425, 429, 5xx else kUnavailable, with the wait that the server asked for
///   all others              kIo
/// Whoever knows better of a server (an existing file that it answers 403 for) looks at the status
/// first.
Error http_error(const HttpResponse& response, std::string_view what,
                 std::string_view subject = {});

/// The same with words of the server that the caller found himself, such as in an XML document;
/// they are shortened and made printable here.
Error http_error_saying(const HttpResponse& response, std::string_view what,
                        std::string_view server_says, std::string_view subject = {});

/// How long the server wants to be left alone: the header Retry-After, in seconds or as a date,
/// which is compared with the server's own clock (the header Date) if it shows one. At most a day,
/// 0 for what is past; nothing when there is no such header, or nobody can read it.
std::optional<std::chrono::milliseconds> retry_after(const HttpResponse& response);

/// The URL as messages show it: scheme, host, port and path; no user, password or query.
std::string shown_url(std::string_view url);

}  // namespace snapfs
