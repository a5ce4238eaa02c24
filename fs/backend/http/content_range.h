// Which bytes of a file an answer holds: the header that says so (RFC 9110 §14.4), and the one rule
// by which an answer is taken for what was asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "fs/backend/http/http_client.h"
#include "fs/base/bytes.h"

namespace snapfs {

/// "bytes 10-19/100".
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;              ///< at least `first`
  std::optional<std::uint64_t> whole;  ///< the file's size, when the server tells it

  /// Nothing when the text is no such header.
  static std::optional<ContentRange> parse(std::string_view text);

  std::uint64_t length() const noexcept { return last - first + 1; }
};

/// Whether the answer to a load of a whole file is all of it, as far as its head tells.
bool is_whole_file(const HttpResponse& answer);

/// Those bytes out of the answer to a request for just them. Nothing when it does not have them: a
/// part (206) must say that it is this one, and hold it; a server that knows no ranges sends the
/// whole file (200), which must be long enough.
std::optional<Bytes> part_in(HttpResponse answer, std::uint64_t offset, std::uint64_t length);

}  // namespace snapfs
