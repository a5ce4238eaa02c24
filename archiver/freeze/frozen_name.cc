// A process is known by its number and the time at which it started, in ticks since the system did.
// Both may come again together after a restart of the machine: then one name more is left.
#include "archiver/freeze/frozen_name.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "fs/base/process_table.h"

namespace snapfs {
namespace {

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::optional<std::uint64_t> start_of(std::uint64_t process) {
  const auto status = process_status(process);
  return status ? std::optional(status->start_time) : std::nullopt;
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
  return now ? now != start : !process_exists(process);
}

}  // namespace snapfs
