// A process is known by its number and the time at which it started, in ticks since the system did.
// Both may come again together after a restart of the machine: then one name more is left.
#include "archiver/freeze/frozen_name.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>

#include <fmt/format.h>

namespace snapfs {
namespace {

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

/// The 22nd field of proc(5)'s stat; nothing when there is no such process.
std::optional<std::uint64_t> start_of(std::uint64_t process) {
  std::ifstream file(fmt::format("/proc/{}/stat", process));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  // The second field is the program's name, which may have blanks and parentheses in it.
  std::string_view rest(text);
  const std::size_t name_end = rest.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  rest.remove_prefix(name_end);
  constexpr int kFieldsBefore = 20;
  for (int i = 0; i < kFieldsBefore; ++i) {
    const std::size_t blank = rest.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(blank + 1);
  }
  return take_number(rest);
}

/// The inode number of our own; 0 when the kernel does not say. That of the first one is the same
/// after every restart.
std::uint64_t pid_namespace() {
  struct stat status {};
  return ::stat("/proc/self/ns/pid", &status) == 0 ? status.st_ino : 0;
}

/// Also of processes that /proc does not show us.
bool exists(std::uint64_t process) {
  return process <= std::numeric_limits<pid_t>::max() &&
         (::kill(static_cast<pid_t>(process), 0) == 0 || errno == EPERM);
}

}  // namespace

std::string frozen_name(std::size_t number) {
  const auto process = static_cast<std::uint64_t>(::getpid());
  return fmt::format("{}{}-{}-{}-{}", kFrozenPrefix, pid_namespace(), process,
                     start_of(process).value_or(0), number);
}

bool is_left_behind(std::string_view name) {
  if (!name.starts_with(kFrozenPrefix)) return false;
  name.remove_prefix(kFrozenPrefix.size());
  std::array<std::uint64_t, 4> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0) {
      if (!name.starts_with('-')) return false;
      name.remove_prefix(1);
    }
    const auto number = take_number(name);
    if (!number) return false;
    numbers[i] = *number;
  }
  const auto [space, process, start, number] = numbers;
  if (!name.empty() || space == 0 || space != pid_namespace() || process == 0) return false;
  const std::optional<std::uint64_t> now = start_of(process);
  return now ? now != start : !exists(process);
}

}  // namespace snapfs
