// Time zone files: any bytes give a zone whose offsets are possible, or none.
#include <fstream>
#include <iterator>

#include "fs/time/rfc3339.h"
#include "fs/time/timezone.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {

void fuzz_one(ByteView input) {
  const std::optional<TimeZone> zone = TimeZone::parse(input);
  if (!zone) return;
  for (const std::int64_t seconds :
       {std::int64_t{-5'000'000'000}, std::int64_t{0}, std::int64_t{1'700'000'000},
        std::int64_t{20'000'000'000}, INT64_MIN, INT64_MAX}) {
    (void)zone->offset_at(seconds);
    const std::string text = format_rfc3339(zone->at({seconds, 1}));
    require(parse_rfc3339(text).has_value() || text.size() < 20 ||
                text.substr(text.size() - 6, 3) > "+23",
            "a time in any zone is written as one that is read");
  }
}

std::vector<std::string> fuzz_seeds() {
  std::vector<std::string> seeds;
  for (const char* name : {"Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"}) {
    std::ifstream file(std::string("/usr/share/zoneinfo/") + name, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!text.empty()) seeds.push_back(std::move(text));
  }
  // Version 2 with no transitions, one type, and a rule.
  const std::string head = std::string("TZif2") + std::string(15, '\0');
  const std::string counts("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4", 24);
  const std::string body("\0\0\0\0\0\0UTC\0", 10);
  seeds.push_back(head + counts + body + head + counts + body + "\nCET-1CEST,M3.5.0,M10.5.0/3\n");
  return seeds;
}

}  // namespace snapfs::test
