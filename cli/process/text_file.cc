#include "cli/process/text_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "cli/process/utf16.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/inherited_fd.h"
#include "fs/base/utf8.h"

namespace snapfs {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 30;
constexpr std::size_t kStepBytes = 64 << 10;

std::string text_from_utf16(ByteView units, bool big_endian) {
  std::string text;
  for (Utf16Reader reader(units, big_endian); !reader.at_end();) append_utf8(text, reader.next());
  return text;
}

/// Not by size: it may be a pipe.
std::string read_to_end(int fd, const std::string& name) {
  std::string text;
  while (true) {
    if (text.size() > kMaxBytes) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("{} holds more than {} bytes: give a list of names or patterns", name,
                              kMaxBytes),
                  name);
    }
    const std::size_t size = text.size();
    text.resize(size + kStepBytes);
    const ssize_t got = read_waiting(fd, text.data() + size, kStepBytes);
    const int error = errno;
    text.resize(size + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got == 0) return text;
    if (got < 0) throw_errno(error, "read", name);
  }
}

}  // namespace

std::string decode_text(ByteView content) {
  const std::string_view text = as_text(content);
  if (text.starts_with("\xef\xbb\xbf")) return std::string(text.substr(3));
  if (text.starts_with("\xff\xfe")) return text_from_utf16(content.subspan(2), false);
  if (text.starts_with("\xfe\xff")) return text_from_utf16(content.subspan(2), true);
  return std::string(text);
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
  }
  return lines;
}

void require_no_zero_byte(std::string_view text, std::string_view path) {
  const std::size_t zero = text.find('\0');
  if (zero == std::string_view::npos) return;
  throw Error(
      ErrorCode::kUsage,
      fmt::format("{}: line {} has a zero byte in it: it is to be text, with a line for each "
                  "(lists that \"find -print0\" writes are for --files-from-raw)",
                  path, 1 + std::ranges::count(text.substr(0, zero), '\n')),
      std::string(path));
}

std::string read_file_or_input(const std::string& path) {
  if (path == "-") return read_to_end(STDIN_FILENO, "standard input");
  const UniqueFd fd = open_file(path, O_RDONLY);
  return read_to_end(fd.get(), path);
}

}  // namespace snapfs
