// What the JSON parser says, as our errors: one place tells a text that is broken from one that
// this machine or this program cannot take. Private to fs/repo and fs/tree.
#pragma once

#include <simdjson.h>

#include <string_view>

namespace snapfs {

/// Throws what a parser's failure means for the document that messages call `what`:
/// std::bad_alloc without memory, Error{kUnsupported} when it is larger than the parser can take,
/// Error{kInternal} when it cannot run at all, and Error{kDamaged} when the text is no such JSON.
[[noreturn]] void throw_json_error(simdjson::error_code error, std::string_view what);

/// Throws Error{kDamaged}, "<what> is damaged: <reason>", about the document called `what`.
[[noreturn]] void throw_damaged(std::string_view what, std::string_view reason);

}  // namespace snapfs
