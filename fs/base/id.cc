#include "fs/base/id.h"

#include "fs/base/hex.h"

namespace snapfs {

std::string Id::hex() const { return to_hex(bytes); }

std::string Id::short_hex() const { return to_hex(ByteView(bytes).first(4)); }

std::optional<Id> Id::parse(std::string_view text) noexcept {
  Id id;
  if (!parse_hex(text, id.bytes)) return std::nullopt;
  return id;
}

}  // namespace snapfs
