#include "cli/option/forget_options.h"

#include <charconv>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "cli/grammar/command.h"
#include "cli/option/global_options.h"
#include "fs/base/error.h"
#include "fs/tree/snapshot_groups.h"

namespace snapfs {
namespace {

struct PeriodOption {
  const char* name;  ///< of the counting option, with its short form
  const char* word;  ///< in the option for durations
  const char* noun;
};

/// In the order of KeepPeriod.
constexpr std::array<PeriodOption, kKeepPeriods> kPeriods = {
    {{"-l,--keep-last", "", "snapshots"},
     {"-H,--keep-hourly", "-hourly", "hours that have snapshots"},
     {"-d,--keep-daily", "-daily", "days that have snapshots"},
     {"-w,--keep-weekly", "-weekly", "weeks that have snapshots"},
     {"-m,--keep-monthly", "-monthly", "months that have snapshots"},
     {"-y,--keep-yearly", "-yearly", "years that have snapshots"}}};

/// Options that keep add up; IDs of what is to be removed stand in the place of all of them.
constexpr const char* kPolicy = "what to remove";

void add_policy_options(Command& command, ForgetOptions& options) {
  const char* const group = "What to keep (of each group)";
  for (std::size_t i = 0; i < kKeepPeriods; ++i) {
    const PeriodOption& period = kPeriods.at(i);
    const Binding::Setter set_count = [&count = options.counts.at(i)](const std::string& value) {
      count = parse_keep_count(value);
    };
    const std::string text = i == 0
                                 ? "The newest N (or \"unlimited\")"
                                 : fmt::format("The newest of each of the last N {}", period.noun);
    command.add(group, Option(period.name, "N", set_count, text).yields_to(kPolicy));
  }
  for (std::size_t i = 0; i < kKeepPeriods; ++i) {
    const char* const word = kPeriods.at(i).word;
    const std::string text =
        i == 0 ? "All that are newer than DURATION (1y5m7d2h) before the newest"
               : fmt::format("Of those, the newest of each {}",
                             std::array{"", "hour", "day", "week", "month", "year"}.at(i));
    command.add(group,
                Option(fmt::format("--keep-within{}", word), "DURATION",
                       Binding::checked(&options.within.at(i), CalendarDuration::parse), text)
                    .yields_to(kPolicy));
  }
  command.add(group, Option("--keep-tag", "TAGS", &options.keep_tags,
                            "Those with all of TAG[,TAG...] (may be repeated)")
                         .yields_to(kPolicy));
}

}  // namespace

std::int64_t parse_keep_count(std::string_view text) {
  if (text == "unlimited" || text == "-1") return RetentionPolicy::kUnlimited;
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  const char* const end = digits.data() + digits.size();
  std::int64_t count = 0;
  const auto [stop, error] = std::from_chars(digits.data(), end, count);
  if (error != std::errc{} || stop != end || count < 0) {
    throw Error(
        ErrorCode::kUsage,
        fmt::format("\"{}\" is no number of snapshots: give 1 or more, or \"unlimited\"", text));
  }
  return count;
}

RetentionPolicy ForgetOptions::policy() const {
  RetentionPolicy policy;
  for (std::size_t i = 0; i < kKeepPeriods; ++i) {
    policy.counts.at(i) = counts.at(i);
    policy.within.at(i) = CalendarDuration::parse(within.at(i));
  }
  for (const std::string& list : keep_tags) policy.tags.push_back(split_tags(list));
  return policy;
}

void add_forget_options(Command& command, ForgetOptions& options) {
  command.take_all("ID", &options.ids,
                   "Remove just these: IDs, unambiguous beginnings of them, or \"latest\"");
  command.positionals.back().subject = kPolicy;
  add_policy_options(command, options);
  add_filter_options(command, options.filter, HostOption::kLongOnly);
  command.add("Which snapshots",
              {"-g,--group-by", "GROUP", Binding::checked(&options.group_by, GroupBy::parse),
               "Apply the policy to each GROUP by itself: host,paths,tags, or "
               "some, or ''"});
  command.add("Which snapshots",
              Option("--hostname", "HOST", &options.filter.hosts, "").deprecated("use --host"));
  const char* const forget = "Forget";
  command.add(forget,
              {
                  {"-n,--dry-run", &options.dry_run, "Only show what would be removed"},
                  {"--unsafe-allow-remove-all", &options.allow_remove_all,
                   "Without a policy, remove all that --host, --tag and --path select"},
                  {"-c,--compact", &options.compact, "Leave out paths and reasons; one tag a line"},
                  {"--prune", &options.prune,
                   "If snapshots were removed, remove what only they needed, too"},
              });
  add_prune_options(command, options.prune_arguments);
}

}  // namespace snapfs
