// A process is known by its number and the time at which it started, in ticks since the system did:
// neither comes again together, not even after a restart of the machine.
#include "archiver/freeze/frozen_name.h"

#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iterator>
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

}  // namespace

std::string frozen_name(std::size_t number) {
  const auto process = static_cast<std::uint64_t>(::getpid());
  return fmt::format("{}{}-{}-{}", kFrozenPrefix, process, start_of(process).value_or(0), number);
}

bool is_left_behind(std::string_view name) {
  if (!name.starts_with(kFrozenPrefix)) return false;
  name.remove_prefix(kFrozenPrefix.size());
  std::uint64_t numbers[3];
  for (int i = 0; i < 3; ++i) {
    if (i > 0) {
      if (!name.starts_with('-')) return false;
      name.remove_prefix(1);
    }
    const auto number = take_number(name);
    if (!number) return false;
    numbers[i] = *number;
  }
  return name.empty() && start_of(numbers[0]) != numbers[1];
}

}  // namespace snapfs
