#include "cli/session/password_text.h"

#include <cstddef>
#include <string_view>

#include "cli/process/utf16.h"
#include "fs/base/utf8.h"

namespace snapfs {
namespace {

SecureBytes trimmed_copy(ByteView text) {
  return SecureBytes::copy_of(as_bytes(trim_white_space(as_text(text))));
}

SecureBytes password_from_utf16(ByteView units, bool big_endian) {
  // A unit of two bytes becomes at most three.
  SecureBytes utf8(units.size() / 2 * 3 + 4);
  Utf16Reader reader(units, big_endian);
  std::size_t size = 0;
  while (!reader.at_end()) size += put_utf8(reader.next(), utf8.view().data() + size);
  return trimmed_copy(utf8.view().first(size));
}

bool starts_with(ByteView bytes, std::string_view prefix) noexcept {
  return as_text(bytes).starts_with(prefix);
}

}  // namespace

SecureBytes password_from_file_bytes(ByteView content) {
  if (starts_with(content, "\xef\xbb\xbf")) return trimmed_copy(content.subspan(3));
  if (starts_with(content, "\xff\xfe")) return password_from_utf16(content.subspan(2), false);
  if (starts_with(content, "\xfe\xff")) return password_from_utf16(content.subspan(2), true);
  return trimmed_copy(content);
}

SecureBytes password_from_command_output(ByteView content) { return trimmed_copy(content); }

}  // namespace snapfs
