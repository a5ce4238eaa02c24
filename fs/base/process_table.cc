#include "fs/base/process_table.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace snapfs {
namespace {

/// What stands behind so many blanks; empty when there are fewer.
std::string_view behind_blanks(std::string_view text, int blanks) noexcept {
  for (int i = 0; i < blanks; ++i) {
    const std::size_t blank = text.find(' ');
    if (blank == std::string_view::npos) return {};
    text.remove_prefix(blank + 1);
  }
  return text;
}

}  // namespace

std::optional<ProcessStatus> process_status(std::uint64_t process) {
  std::ifstream file(fmt::format("/proc/{}/stat", process));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  // The second field is the program's name, which may have blanks and parentheses in it.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  const std::string_view fields = std::string_view(text).substr(name_end);
  constexpr int kState = 1;
  constexpr int kStartTime = 20;
  const std::string_view state = behind_blanks(fields, kState);
  const std::string_view start = behind_blanks(fields, kStartTime);
  if (state.empty()) return std::nullopt;
  ProcessStatus status{state.front(), 0};
  const auto result = std::from_chars(start.data(), start.data() + start.size(), status.start_time);
  if (result.ec != std::errc{}) return std::nullopt;
  return status;
}

bool process_exists(std::uint64_t process) noexcept {
  // 0 would mean a group of processes.
  if (process == 0 || process > std::numeric_limits<pid_t>::max()) return false;
  return ::kill(static_cast<pid_t>(process), 0) == 0 || errno == EPERM;
}

std::uint64_t pid_namespace() noexcept {
  struct stat status {};
  return ::stat("/proc/self/ns/pid", &status) == 0 ? status.st_ino : 0;
}

}  // namespace snapfs
