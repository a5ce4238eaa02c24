#include "cli/password_text.h"

#include <algorithm>
#include <cstddef>

#include "fs/base/json.h"

namespace snapfs {
namespace {

constexpr char32_t kReplacement = 0xfffd;

bool is_white_space(char32_t c) noexcept {
  return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

/// The size of the white space that `text` ends with, 0 if it ends otherwise.
std::size_t trailing_space_size(std::string_view text) noexcept {
  for (std::size_t size = 1; size <= std::min<std::size_t>(3, text.size()); ++size) {
    const Rune rune = decode_rune(text.substr(text.size() - size));
    if (rune.valid && rune.size == size) return is_white_space(rune.code_point) ? size : 0;
  }
  return 0;
}

std::size_t put_utf8(char32_t c, std::uint8_t* out) noexcept {
  const auto continuation = [c](int shift) {
    return static_cast<std::uint8_t>(0x80 | ((c >> shift) & 0x3f));
  };
  if (c < 0x80) {
    out[0] = static_cast<std::uint8_t>(c);
    return 1;
  }
  if (c < 0x800) {
    out[0] = static_cast<std::uint8_t>(0xc0 | (c >> 6));
    out[1] = continuation(0);
    return 2;
  }
  if (c < 0x10000) {
    out[0] = static_cast<std::uint8_t>(0xe0 | (c >> 12));
    out[1] = continuation(6);
    out[2] = continuation(0);
    return 3;
  }
  out[0] = static_cast<std::uint8_t>(0xf0 | (c >> 18));
  out[1] = continuation(12);
  out[2] = continuation(6);
  out[3] = continuation(0);
  return 4;
}

/// UTF-16 code units, read two bytes at a time.
class Utf16Reader {
 public:
  Utf16Reader(ByteView bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  bool at_end() const noexcept { return position_ >= bytes_.size(); }

  char32_t next() noexcept {
    const char32_t first = unit_at(position_);
    position_ += 2;
    if (first < 0xd800 || first > 0xdfff) return first;
    if (first >= 0xdc00 || position_ >= bytes_.size()) return kReplacement;
    const char32_t second = unit_at(position_);
    if (second < 0xdc00 || second > 0xdfff) return kReplacement;
    position_ += 2;
    return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
  }

 private:
  /// An odd byte at the end is half a unit: it stands for nothing that can be read.
  char32_t unit_at(std::size_t position) const noexcept {
    if (position + 1 >= bytes_.size()) return kReplacement;
    const char32_t first = bytes_[position];
    const char32_t second = bytes_[position + 1];
    return big_endian_ ? first << 8 | second : second << 8 | first;
  }

  ByteView bytes_;
  bool big_endian_;
  std::size_t position_ = 0;
};

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

std::string_view trim_white_space(std::string_view text) noexcept {
  while (!text.empty()) {
    const Rune rune = decode_rune(text);
    if (!rune.valid || !is_white_space(rune.code_point)) break;
    text.remove_prefix(rune.size);
  }
  while (const std::size_t size = trailing_space_size(text)) text.remove_suffix(size);
  return text;
}

SecureBytes password_from_file_bytes(ByteView content) {
  if (starts_with(content, "\xef\xbb\xbf")) return trimmed_copy(content.subspan(3));
  if (starts_with(content, "\xff\xfe")) return password_from_utf16(content.subspan(2), false);
  if (starts_with(content, "\xfe\xff")) return password_from_utf16(content.subspan(2), true);
  return trimmed_copy(content);
}

SecureBytes password_from_command_output(ByteView content) { return trimmed_copy(content); }

}  // namespace snapfs
