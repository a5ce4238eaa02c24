#include "fs/time/rfc3339.h"

#include <algorithm>
#include <array>
#include <limits>

#include "fs/time/civil_date.h"

namespace snapfs {
namespace {

void put_digits(char*& out, std::int64_t value, int width) noexcept {
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out += width;
}

void put_fraction(char*& out, std::int32_t nanoseconds) noexcept {
  if (nanoseconds == 0) return;
  *out++ = '.';
  int width = 9;
  while (nanoseconds % 10 == 0) {
    nanoseconds /= 10;
    --width;
  }
  put_digits(out, nanoseconds, width);
}

void put_offset(char*& out, std::int32_t offset_seconds) noexcept {
  if (offset_seconds == 0) {
    *out++ = 'Z';
    return;
  }
  const std::int32_t minutes = offset_seconds / 60;  // towards zero
  *out++ = minutes < 0 ? '-' : '+';
  put_digits(out, std::abs(minutes) / 60, 2);
  *out++ = ':';
  put_digits(out, std::abs(minutes) % 60, 2);
}

/// Consumes decimal digits of a text, remembering whether all was well so far.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::int64_t number(std::size_t width) noexcept {
    if (text_.size() < width) return fail();
    std::int64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return fail();
      value = value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(width);
    return value;
  }

  void expect(char wanted) noexcept {
    if (!skip(wanted)) fail();
  }

  bool skip(char wanted) noexcept {
    if (!text_.starts_with(wanted)) return false;
    text_.remove_prefix(1);
    return true;
  }

  std::int32_t fraction() noexcept {
    std::int32_t value = 0;
    int digits = 0;
    for (; !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; ++digits) {
      if (digits < 9) value = value * 10 + (text_.front() - '0');
      text_.remove_prefix(1);
    }
    if (digits == 0) fail();
    for (; digits < 9; ++digits) value *= 10;
    return value;
  }

  std::int64_t fail() noexcept {
    ok_ = false;
    return 0;
  }

  bool complete() const noexcept { return ok_ && text_.empty(); }

 private:
  std::string_view text_;
  bool ok_ = true;
};

std::int32_t read_offset(Reader& reader) noexcept {
  if (reader.skip('Z')) return 0;
  const bool west = reader.skip('-');
  if (!west) reader.expect('+');
  const std::int64_t hours = reader.number(2);
  reader.expect(':');
  const std::int64_t minutes = reader.number(2);
  if (hours > 24 || minutes > 60) reader.fail();  // the reference program's bounds
  const auto seconds = static_cast<std::int32_t>(hours * 3600 + minutes * 60);
  return west ? -seconds : seconds;
}

}  // namespace

void append_rfc3339(std::string& out, const ZonedTime& time) {
  // An offset is less than 2^31 seconds: so far from the bounds the sum cannot overflow.
  constexpr std::int64_t kFarthest =
      std::numeric_limits<std::int64_t>::max() - (std::int64_t{1} << 32);
  const std::int64_t clock =
      std::clamp(time.instant.seconds, -kFarthest, kFarthest) + time.offset_seconds;
  const std::int64_t days = day_of_second(clock);
  const std::int64_t second_of_day = clock - days * kSecondsPerDay;
  const CivilDate date = clamp_year(civil_from_days(days));

  std::array<char, 40> text{};
  char* end = text.data();
  put_digits(end, date.year, 4);
  *end++ = '-';
  put_digits(end, date.month, 2);
  *end++ = '-';
  put_digits(end, date.day, 2);
  *end++ = 'T';
  put_digits(end, second_of_day / 3600, 2);
  *end++ = ':';
  put_digits(end, second_of_day / 60 % 60, 2);
  *end++ = ':';
  put_digits(end, second_of_day % 60, 2);
  put_fraction(end, time.instant.nanoseconds);
  put_offset(end, time.offset_seconds);
  out.append(text.data(), end);
}

std::string format_rfc3339(const ZonedTime& time) {
  std::string out;
  append_rfc3339(out, time);
  return out;
}

std::optional<ZonedTime> parse_rfc3339(std::string_view text) noexcept {
  Reader reader(text);
  CivilDate date{};
  date.year = reader.number(4);
  reader.expect('-');
  date.month = static_cast<unsigned>(reader.number(2));
  reader.expect('-');
  date.day = static_cast<unsigned>(reader.number(2));
  reader.expect('T');
  const std::int64_t hour = reader.number(2);
  reader.expect(':');
  const std::int64_t minute = reader.number(2);
  reader.expect(':');
  const std::int64_t second = reader.number(2);
  const std::int32_t nanoseconds = reader.skip('.') ? reader.fraction() : 0;
  const std::int32_t offset = read_offset(reader);
  if (!reader.complete()) return std::nullopt;
  if (date.month < 1 || date.month > 12 || date.day < 1) return std::nullopt;
  if (date.day > days_in_month(date.year, date.month)) return std::nullopt;
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::int64_t seconds =
      days_from_civil(date) * kSecondsPerDay + hour * 3600 + minute * 60 + second;
  return ZonedTime{{seconds - offset, nanoseconds}, offset};
}

}  // namespace snapfs
