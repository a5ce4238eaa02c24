// Offsets, from hand-made zone files and from the system's, and how TZ names a zone (FORMAT §10.4).
#include "fs/time/timezone.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "fs/base/file.h"
#include "fs/time/rfc3339.h"

namespace snapfs {
namespace {

std::string big_endian(std::uint64_t value, int size) {
  std::string out;
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>(value >> shift & 0xff);
  }
  return out;
}

struct Type {
  std::int32_t offset;
  bool summer;
};

struct Change {
  std::int64_t when;
  std::uint8_t type;
};

std::string block(char version, int time_size, const std::vector<Change>& changes,
                  const std::vector<Type>& types) {
  std::string out = "TZif";
  out += version;
  out += std::string(15, '\0') + std::string(12, '\0');  // no leap seconds, no indicators
  out += big_endian(changes.size(), 4) + big_endian(types.size(), 4) + big_endian(4, 4);
  for (const Change& c : changes) {
    out += big_endian(static_cast<std::uint64_t>(c.when), time_size);
  }
  for (const Change& c : changes) out += static_cast<char>(c.type);
  for (const Type& t : types) {
    out += big_endian(static_cast<std::uint32_t>(t.offset), 4);
    out += static_cast<char>(t.summer);
    out += '\0';
  }
  return out + std::string("XYZ\0", 4);
}

std::string zone_file(const std::vector<Change>& changes, const std::vector<Type>& types,
                      const std::string& rule) {
  return block('2', 4, {}, {{0, false}}) + block('2', 8, changes, types) + "\n" + rule + "\n";
}

TimeZone parsed(const std::string& file) { return TimeZone::parse(as_bytes(file)).value(); }

TEST(ZoneFile, GivesTheOffsetOfTheLastTransition) {
  const TimeZone zone =
      parsed(zone_file({{-100, 1}, {100, 0}, {5000000000, 1}}, {{60, false}, {-3600, true}}, ""));
  EXPECT_EQ(zone.offset_at(-101), 60);
  EXPECT_EQ(zone.offset_at(-100), -3600);
  EXPECT_EQ(zone.offset_at(99), -3600);
  EXPECT_EQ(zone.offset_at(100), 60);
  EXPECT_EQ(zone.offset_at(5000000000), -3600);
}

TEST(ZoneFile, ReadsTheFirstVersion) {
  const TimeZone zone = parsed(block('\0', 4, {{-100, 1}}, {{60, false}, {120, false}}));
  EXPECT_EQ(zone.offset_at(-101), 60);
  EXPECT_EQ(zone.offset_at(-100), 120);
}

TEST(ZoneFile, BeginsWithTheFirstTypeUnlessATransitionUsesIt) {
  // Type 0 is used: the standard time before the first transition's summer time counts.
  const std::vector<Type> types = {{1, true}, {2, false}, {3, true}, {4, false}};
  EXPECT_EQ(parsed(zone_file({{0, 2}, {9, 0}}, types, "")).offset_at(-1), 2);
  // The first transition is to standard time: the first standard time of all.
  EXPECT_EQ(parsed(zone_file({{0, 3}, {9, 0}}, types, "")).offset_at(-1), 2);
  EXPECT_EQ(parsed(zone_file({{0, 3}}, types, "")).offset_at(-1), 1);
  EXPECT_EQ(parsed(zone_file({{0, 0}}, {{7, true}}, "")).offset_at(-1), 7);
}

TEST(ZoneFile, GoesOnByItsRule) {
  const TimeZone zone = parsed(zone_file({{0, 0}}, {{60, false}}, "AAA-2BBB,J60/0,J70/0"));
  EXPECT_EQ(zone.offset_at(-1), 60);
  EXPECT_EQ(zone.offset_at(0), 7200);
  EXPECT_EQ(zone.offset_at(65 * 86400), 10800);  // 7 March 1970
}

TEST(ZoneFile, WithoutTransitionsHasOneOffset) {
  const TimeZone zone = parsed(zone_file({}, {{-18000, false}}, ""));
  EXPECT_EQ(zone.offset_at(std::numeric_limits<std::int64_t>::min()), -18000);
  EXPECT_EQ(zone.offset_at(0), -18000);
}

TEST(ZoneFile, MayHaveAnyOffset) {
  // With UBSan it shows whether anything overflows.
  for (const std::int32_t offset : {INT32_MIN, INT32_MAX}) {
    const TimeZone zone = parsed(zone_file({}, {{offset, false}}, ""));
    EXPECT_EQ(zone.at({INT64_MAX, 0}).offset_seconds, offset);
    EXPECT_EQ(zone.at({INT64_MIN, 0}).offset_seconds, offset);
  }
}

TEST(ZoneFile, IsRefusedWhenMalformed) {
  const std::string file = zone_file({{0, 1}}, {{0, false}, {60, false}}, "");
  const std::size_t without_rule = file.size() - 2;
  for (std::size_t size = 0; size < without_rule; ++size) {
    EXPECT_FALSE(TimeZone::parse(as_bytes(file.substr(0, size)))) << size;
  }
  EXPECT_TRUE(TimeZone::parse(as_bytes(file.substr(0, without_rule))));
  EXPECT_FALSE(TimeZone::parse(as_bytes(zone_file({{0, 2}}, {{0, false}, {60, false}}, ""))));
  EXPECT_FALSE(TimeZone::parse(as_bytes(zone_file({}, {}, ""))));
  EXPECT_FALSE(TimeZone::parse(as_bytes("X" + file.substr(1))));
  std::string unknown_version = file;
  unknown_version[4] = '5';
  EXPECT_FALSE(TimeZone::parse(as_bytes(unknown_version)));
}

TEST(TimeZone, IsUtcByDefault) {
  EXPECT_EQ(format_rfc3339(TimeZone().at({1795390737, 0})), "2026-11-22T23:38:57Z");
}

TEST(TimeZone, MovesYearsIntoRangeWithTheOffsetInForceThen) {
  // Summer time from April to September, in the year moved to as well.
  const TimeZone zone = parsed(zone_file({{0, 0}}, {{3600, false}}, "CET-1CEST,M4.1.0,M9.1.0"));
  EXPECT_EQ(format_rfc3339(zone.at({316527516800, 7})), "9999-05-11T00:13:20.000000007+02:00");
  EXPECT_EQ(format_rfc3339(zone.at({316520000000, 0})), "9999-02-13T23:13:20+01:00");
  // 3 April is after the change in 12000 but before it in 9999; the clock time stays.
  EXPECT_EQ(format_rfc3339(zone.at({316524276000, 0})), "9999-04-03T12:00:00+01:00");
  // The local year counts: 10000 here, but 9999 in UTC.
  EXPECT_EQ(format_rfc3339(zone.at({253402297200, 0})), "9999-01-01T00:00:00+01:00");
  EXPECT_EQ(format_rfc3339(zone.at({253402297199, 0})), "9999-12-31T23:59:59+01:00");
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_TRUE(format_rfc3339(zone.at({kMax, 0})).starts_with("9999-"));
  EXPECT_TRUE(format_rfc3339(zone.at({-kMax - 1, 0})).starts_with("0000-"));
}

/// What TZ may say; needs the system's zone files.
class NamedZone : public testing::Test {
 protected:
  void SetUp() override {
    try {
      open_file("/usr/share/zoneinfo/Europe/Berlin", 0);
    } catch (const std::exception&) {
      GTEST_SKIP() << "no zone files on this system";
    }
  }

  static std::string at(const char* name, std::int64_t seconds) {
    return format_rfc3339(TimeZone::named(name).at({seconds, 0}));
  }
};

TEST_F(NamedZone, FollowsDaylightSaving) {
  EXPECT_EQ(at("Europe/Berlin", 1795390737), "2026-11-23T00:38:57+01:00");
  EXPECT_EQ(at("Europe/Berlin", 1774745999), "2026-03-29T01:59:59+01:00");
  EXPECT_EQ(at("Europe/Berlin", 1774746000), "2026-03-29T03:00:00+02:00");
  EXPECT_EQ(at("Europe/London", 1795390737), "2026-11-22T23:38:57Z");
  EXPECT_EQ(at("Europe/London", 1780000000), "2026-05-28T21:26:40+01:00");
  EXPECT_EQ(at("Australia/Sydney", 1795390737), "2026-11-23T10:38:57+11:00");
  EXPECT_EQ(at("Europe/Dublin", 1795390737), "2026-11-22T23:38:57Z");
}

TEST_F(NamedZone, KnowsThePastAndTheFuture) {
  EXPECT_EQ(at("Africa/Monrovia", -315619200), "1959-12-31T23:15:30-00:44");
  EXPECT_EQ(at("Europe/Berlin", -4000000000), "1843-03-31T17:46:48+00:53");
  EXPECT_EQ(at("Europe/Berlin", 15032385535), "2446-05-11T00:38:55+02:00");
  EXPECT_EQ(at("Europe/Dublin", 4117910400), "2100-06-29T01:00:00+01:00");
}

TEST_F(NamedZone, MaybeGivenWithAColonOrAsAPath) {
  const std::string expected = "1970-01-01T01:00:00+01:00";
  for (const char* name : {"Europe/Berlin", ":Europe/Berlin", "/usr/share/zoneinfo/Europe/Berlin",
                           ":/usr/share/zoneinfo/Europe/Berlin", "../zoneinfo/Europe/Berlin"}) {
    EXPECT_EQ(at(name, 0), expected) << name;
  }
}

TEST_F(NamedZone, IsUtcWhenTheNameIsNotThatOfAZoneFile) {
  for (const char* name : {"", ":", "UTC", "Nonexist/Zone", "CET-1CEST", "EST5EDT4", "/etc/passwd",
                           "/nonexistent", "Europe", "zone.tab"}) {
    EXPECT_EQ(at(name, 0), "1970-01-01T00:00:00Z") << name;
  }
}

TEST_F(NamedZone, IsTheSystemsWhenTzIsNotSet) {
  try {
    open_file("/etc/localtime", 0);
  } catch (const std::exception&) {
    GTEST_SKIP() << "this system has no /etc/localtime";
  }
  const TimeZone system = TimeZone::named("/etc/localtime");
  const TimeZone unset = TimeZone::named(nullptr);
  for (std::int64_t time = 0; time < 4000000000; time += 100000000) {
    EXPECT_EQ(unset.offset_at(time), system.offset_at(time));
  }
}

}  // namespace
}  // namespace snapfs
