// The local time zone, resolved as the reference program resolves it, because a node's times are
// written with the local offset and so the zone is part of every tree ID (FORMAT §10.4). The C
// library's zone is neither used nor changed: it understands more than it may, and it locks.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/time/posix_zone.h"
#include "fs/time/timestamp.h"

namespace snapfs {

/// A value; immutable, so thread-safe. Default-constructed it is UTC.
class TimeZone {
 public:
  TimeZone() = default;

  /// The process's time zone, read once, at first use.
  static const TimeZone& local();

  /// The zone that the environment variable TZ stands for; `value` null: it is not set, which means
  /// /etc/localtime. UTC when it is empty or does not name a readable zone file; POSIX rule strings
  /// such as "CET-1CEST" are not understood.
  static TimeZone named(const char* value);

  /// A zone file's contents (RFC 8536, versions 1 to 3); nothing when they are malformed.
  static std::optional<TimeZone> parse(ByteView file);

  /// Seconds east of Greenwich at that instant (seconds since the epoch), daylight saving included.
  std::int32_t offset_at(std::int64_t seconds) const noexcept;

  /// The instant with its offset, as it is to be written. An instant whose local year is outside
  /// 0…9999 is moved to the nearer bound, keeping month, day and local time of day.
  ZonedTime at(Timestamp instant) const noexcept;

 private:
  struct Transition {
    std::int64_t begin;  // seconds since the epoch
    std::int32_t offset;
  };

  std::int32_t first_offset_ = 0;        // before the first transition
  std::vector<Transition> transitions_;  // ascending
  std::optional<PosixZone> afterwards_;  // from the last transition on
};

}  // namespace snapfs
