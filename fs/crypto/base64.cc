#include "fs/crypto/base64.h"

#include <sodium.h>

namespace snapfs {

void append_base64(std::string& out, ByteView bytes) {
  const std::size_t before = out.size();
  const std::size_t size = sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  out.resize(before + size);  // the library writes a terminator, too
  ::sodium_bin2base64(out.data() + before, size, bytes.data(), bytes.size(),
                      sodium_base64_VARIANT_ORIGINAL);
  out.resize(before + size - 1);
}

std::optional<Bytes> parse_base64(std::string_view text) {
  Bytes bytes(text.size() / 4 * 3 + 3);
  std::size_t size = 0;
  const char* end = nullptr;
  if (::sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size,
                          &end, sodium_base64_VARIANT_ORIGINAL) != 0 ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace snapfs
