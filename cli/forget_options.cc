#include "cli/forget_options.h"

#include <charconv>
#include <cstdint>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/global_options.h"
#include "fs/base/error.h"

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

std::int64_t parse_count(std::string_view option, std::string_view text) {
  if (text.empty()) return 0;
  if (text == "unlimited" || text == "-1") return RetentionPolicy::kUnlimited;
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size() || count < 0) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{} \"{}\" is no number of snapshots: give 1 or more, or \"unlimited\"",
                            option.substr(option.find("--")), text));
  }
  return count;
}

void add_policy_options(CLI::App& command, ForgetOptions& options) {
  const char* const group = "What to keep (of each group)";
  for (std::size_t i = 0; i < kKeepPeriods; ++i) {
    const PeriodOption& period = kPeriods.at(i);
    const std::string text = i == 0
                                 ? "The newest N (or \"unlimited\")"
                                 : fmt::format("The newest of each of the last N {}", period.noun);
    command.add_option(period.name, options.counts.at(i), text)->type_name("N")->group(group);
  }
  for (std::size_t i = 0; i < kKeepPeriods; ++i) {
    const char* const word = kPeriods.at(i).word;
    const std::string text =
        i == 0 ? "All that are newer than DURATION (1y5m7d2h) before the newest"
               : fmt::format("Of those, the newest of each {}",
                             std::array{"", "hour", "day", "week", "month", "year"}.at(i));
    command.add_option(fmt::format("--keep-within{}", word), options.within.at(i), text)
        ->type_name("DURATION")
        ->group(group);
  }
  command
      .add_option("--keep-tag", options.keep_tags,
                  "Those with all of TAG[,TAG...] (may be repeated)")
      ->type_name("TAGS")
      ->allow_extra_args(false)
      ->group(group);
}

}  // namespace

RetentionPolicy ForgetOptions::policy() const {
  RetentionPolicy policy;
  for (std::size_t i = 0; i < kKeepPeriods; ++i) {
    policy.counts.at(i) = parse_count(kPeriods.at(i).name, counts.at(i));
    policy.within.at(i) = CalendarDuration::parse(within.at(i));
  }
  for (const std::string& list : keep_tags) policy.tags.push_back(split_tags(list));
  return policy;
}

void add_forget_options(CLI::App& command, GlobalOptions& global, ForgetOptions& options) {
  command
      .add_option("ID", options.ids,
                  "Remove just these: IDs, unambiguous beginnings of them, or \"latest\"")
      ->type_name("");
  add_policy_options(command, options);
  add_filter_options(command, options.filter, HostOption::kLongOnly);
  command
      .add_option("-g,--group-by", options.group_by,
                  "Apply the policy to each GROUP by itself: host,paths,tags, or some, or ''")
      ->type_name("GROUP")
      ->capture_default_str()
      ->group("Which snapshots");
  const char* const forget = "Forget";
  command.add_flag("-n,--dry-run", options.dry_run, "Only show what would be removed")
      ->group(forget);
  command
      .add_flag("--unsafe-allow-remove-all", options.allow_remove_all,
                "Without a policy, remove all that --host, --tag and --path select")
      ->group(forget);
  command.add_flag("-c,--compact", options.compact, "Leave out paths and reasons; one tag a line")
      ->group(forget);
  command
      .add_flag("--prune", options.prune,
                "If snapshots were removed, remove what only they needed, too")
      ->group(forget);
  add_prune_options(command, global, options.prune_arguments);
  add_global_options(command, global);
  command.add_flag("--no-lock", options.no_lock, "With --dry-run: take no lock")
      ->group("Repository");
}

}  // namespace snapfs
