// Bytes written as hexadecimal in a test. Only a header, so that any test can include it.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>

#include "fs/base/bytes.h"
#include "fs/base/hex.h"
#include "fs/base/id.h"

namespace snapfs::test {

/// The bytes of `digits`, in which white space may stand anywhere.
inline Bytes from_hex(std::string_view digits) {
  std::string packed;
  std::ranges::copy_if(digits, std::back_inserter(packed),
                       [](char digit) { return digit != ' ' && digit != '\n'; });
  Bytes bytes(packed.size() / 2);
  if (!parse_hex(packed, bytes)) throw std::invalid_argument("not hexadecimal: " + packed);
  return bytes;
}

inline Bytes to_bytes(std::string_view text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

/// An ID that is nothing's digest: `number` in its first eight bytes, big end first, and in the
/// next eight; then `fill`.
inline Id numbered_id(std::uint64_t number, std::uint8_t fill = 0x5a) {
  Id id;
  id.bytes.fill(fill);
  for (int i = 0; i < 16; ++i)
    id.bytes[i] = static_cast<std::uint8_t>(number >> (56 - 8 * (i % 8)));
  return id;
}

}  // namespace snapfs::test
