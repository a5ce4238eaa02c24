// Zone files read as Go's time package reads them, down to what it does before the first
// transition.
#include "fs/time/timezone.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>

#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/time/civil_date.h"

namespace snapfs {
namespace {

constexpr std::array<std::string_view, 4> kZoneDirectories = {
    "/usr/share/zoneinfo/", "/usr/share/lib/zoneinfo/", "/usr/lib/locale/TZ/", "/etc/zoneinfo/"};
constexpr std::uint64_t kMaxZoneFileBytes = 10 << 20;
constexpr std::size_t kHeaderBytes = 20;  // magic, version, padding
constexpr std::size_t kZoneBytes = 6;     // offset, daylight saving, abbreviation

/// Big-endian fields from the left; once there are too few bytes, all that follows is zero.
class FieldReader {
 public:
  explicit FieldReader(ByteView bytes) : bytes_(bytes) {}

  ByteView take(std::uint64_t count) noexcept {
    if (count > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const ByteView taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }

  std::uint64_t number(std::size_t size) noexcept {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : take(size)) value = value << 8 | byte;
    return value;
  }

  std::int64_t time(std::size_t size) noexcept {
    const std::uint64_t value = number(size);
    return size == 4 ? static_cast<std::int32_t>(value) : static_cast<std::int64_t>(value);
  }

  ByteView rest() const noexcept { return bytes_; }
  bool ok() const noexcept { return ok_; }

 private:
  ByteView bytes_;
  bool ok_ = true;
};

struct Counts {
  std::uint64_t utc_indicators, standard_indicators, leap_seconds, transitions, zones, characters;

  static Counts read(FieldReader& reader) noexcept {
    return {reader.number(4), reader.number(4), reader.number(4),
            reader.number(4), reader.number(4), reader.number(4)};
  }

  /// Of the data block that the counts describe.
  std::uint64_t block_bytes(std::size_t time_size) const noexcept {
    return transitions * (time_size + 1) + zones * kZoneBytes + characters +
           trailing_bytes(time_size);
  }

  std::uint64_t trailing_bytes(std::size_t time_size) const noexcept {
    return leap_seconds * (time_size + 4) + standard_indicators + utc_indicators;
  }
};

struct LocalType {
  std::int32_t offset;
  bool summer;
};

/// The type in force before the first transition. `used` are the transitions' types.
std::int32_t offset_before_first(const std::vector<LocalType>& types, ByteView used) noexcept {
  const auto is_standard = [](const LocalType& type) { return !type.summer; };
  if (std::find(used.begin(), used.end(), 0) == used.end()) return types.front().offset;
  if (types[used.front()].summer) {
    for (std::size_t i = used.front(); i-- > 0;) {
      if (is_standard(types[i])) return types[i].offset;
    }
  }
  const auto first = std::find_if(types.begin(), types.end(), is_standard);
  return (first != types.end() ? *first : types.front()).offset;
}

std::optional<PosixZone> parse_footer(ByteView rest) {
  const std::string_view text = as_text(rest);
  if (text.size() <= 2 || text.front() != '\n' || text.back() != '\n') return std::nullopt;
  return PosixZone::parse(text.substr(1, text.size() - 2));
}

std::optional<TimeZone> load_zone_file(const std::string& path) {
  try {
    return TimeZone::parse(read_file(path, kMaxZoneFileBytes));
  } catch (const Error&) {
    return std::nullopt;  // a zone that cannot be read is none: the caller falls back
  }
}

}  // namespace

std::optional<TimeZone> TimeZone::parse(ByteView file) {
  FieldReader reader(file);
  const std::string_view header = as_text(reader.take(kHeaderBytes));
  if (!header.starts_with("TZif")) return std::nullopt;
  const char version = header[4];
  if (version != '\0' && version != '2' && version != '3') return std::nullopt;

  // From version 2 on, the data come twice: with 32-bit times first, then with 64-bit times.
  Counts counts = Counts::read(reader);
  std::size_t time_size = 4;
  if (version != '\0') {
    reader.take(counts.block_bytes(time_size));
    reader.take(kHeaderBytes);
    counts = Counts::read(reader);
    time_size = 8;
  }

  FieldReader times(reader.take(counts.transitions * time_size));
  const ByteView type_indexes = reader.take(counts.transitions);
  FieldReader type_fields(reader.take(counts.zones * kZoneBytes));
  reader.take(counts.characters);
  reader.take(counts.trailing_bytes(time_size));
  if (!reader.ok() || counts.zones == 0) return std::nullopt;

  std::vector<LocalType> types;
  for (std::uint64_t i = 0; i < counts.zones; ++i) {
    const auto offset = static_cast<std::int32_t>(type_fields.number(4));
    const bool summer = type_fields.number(1) != 0;
    if (type_fields.number(1) >= counts.characters) return std::nullopt;
    types.push_back({offset, summer});
  }

  TimeZone zone;
  for (const std::uint8_t index : type_indexes) {
    if (index >= types.size()) return std::nullopt;
    zone.transitions_.push_back({times.time(time_size), types[index].offset});
  }
  if (zone.transitions_.empty()) {
    zone.transitions_.push_back({std::numeric_limits<std::int64_t>::min(), types.front().offset});
  } else {
    zone.first_offset_ = offset_before_first(types, type_indexes);
  }
  zone.afterwards_ = parse_footer(reader.rest());
  return zone;
}

TimeZone TimeZone::named(const char* value) {
  if (value == nullptr) return load_zone_file("/etc/localtime").value_or(TimeZone());
  std::string_view name = value;
  if (name.starts_with(':')) name.remove_prefix(1);
  if (name.empty() || name == "UTC") return {};
  if (name.starts_with('/')) return load_zone_file(std::string(name)).value_or(TimeZone());
  for (const std::string_view directory : kZoneDirectories) {
    if (auto zone = load_zone_file(std::string(directory).append(name))) return *std::move(zone);
  }
  return {};
}

const TimeZone& TimeZone::local() {
  static const TimeZone zone = named(std::getenv("TZ"));
  return zone;
}

std::int32_t TimeZone::offset_at(std::int64_t seconds) const noexcept {
  const auto later =
      std::upper_bound(transitions_.begin(), transitions_.end(), seconds,
                       [](std::int64_t value, const Transition& t) { return value < t.begin; });
  if (later == transitions_.begin()) return first_offset_;
  if (later == transitions_.end() && afterwards_) return afterwards_->offset_at(seconds);
  return std::prev(later)->offset;
}

ZonedTime TimeZone::at(Timestamp instant) const noexcept {
  // Keeps the sums below from overflowing, whatever offset of 32 bits a file says; such years are
  // far outside the bounds anyway.
  constexpr std::int64_t kFarthest =
      std::numeric_limits<std::int64_t>::max() - (std::int64_t{1} << 33);
  instant.seconds = std::clamp(instant.seconds, -kFarthest, kFarthest);

  const std::int32_t offset = offset_at(instant.seconds);
  const std::int64_t clock = instant.seconds + offset;
  const std::int64_t day = day_of_second(clock);
  const CivilDate date = civil_from_days(day);
  const CivilDate clamped = clamp_year(date);
  if (clamped == date) return {instant, offset};

  // The clock time stays, so the instant follows from the offset that is in force then.
  const std::int64_t new_clock = clock + (days_from_civil(clamped) - day) * kSecondsPerDay;
  const std::int64_t near = new_clock - offset_at(new_clock);
  instant.seconds = new_clock - offset_at(near);
  return {instant, offset_at(instant.seconds)};
}

}  // namespace snapfs
