#include "archiver/select/mounted.h"

#include <sys/sysmacros.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>

namespace snapfs {
namespace {

constexpr std::string_view kType = "fuse.snapfs";

/// The text up to `separator`, which is removed with it from `rest`.
std::string_view take_until(std::string_view& rest, std::string_view separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + separator.size());
  return taken;
}

std::optional<unsigned> parse_number(std::string_view text) {
  unsigned value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw"
std::optional<std::uint64_t> snapfs_device(std::string_view line) {
  take_until(line, " ");
  take_until(line, " ");
  const auto major = parse_number(take_until(line, ":"));
  const auto minor = parse_number(take_until(line, " "));
  // A blank in a path is written \040, so this is the end of the optional fields.
  take_until(line, " - ");
  if (!major || !minor || take_until(line, " ") != kType) return std::nullopt;
  return makedev(*major, *minor);
}

}  // namespace

std::vector<std::uint64_t> snapfs_mounts(std::string_view mountinfo) {
  std::vector<std::uint64_t> devices;
  while (!mountinfo.empty()) {
    if (const auto device = snapfs_device(take_until(mountinfo, "\n"))) devices.push_back(*device);
  }
  return devices;
}

std::vector<std::uint64_t> snapfs_mounts() {
  std::ifstream file("/proc/self/mountinfo");
  return snapfs_mounts(std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace snapfs
