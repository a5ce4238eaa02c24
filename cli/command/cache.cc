// snapfs cache: what this machine keeps of repositories, and letting go of it.
#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/option/global_options.h"
#include "cli/option/quantity.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "cli/output/table.h"
#include "cli/session/cache_directory.h"
#include "fs/base/error.h"
#include "fs/cache/cache_files.h"
#include "fs/time/clock.h"
#include "fs/time/local_time.h"

namespace snapfs {
namespace {

using Days = std::chrono::duration<std::int64_t, std::ratio<86400>>;

struct CacheArguments {
  bool cleanup = false;
  std::uint32_t max_age_days = 30;
  bool no_size = false;
};

std::string age_text(const CachedRepository& cached, Timestamp now) {
  const std::int64_t days = std::max<std::int64_t>(
      0, (now.seconds - cached.last_used.seconds) / std::chrono::seconds(Days(1)).count());
  return fmt::format("{} day{} ago", days, days == 1 ? "" : "s");
}

bool is_among(const CachedRepository& one, const std::vector<CachedRepository>& list) {
  return std::any_of(list.begin(), list.end(), [&one](const CachedRepository& other) {
    return other.repository == one.repository;
  });
}

std::string cache_table(const std::vector<CachedRepository>& cached,
                        const std::vector<CachedRepository>& expired, Timestamp now,
                        bool with_size) {
  std::vector<std::string> titles = {"Repo ID", "Last Used", "Old"};
  if (with_size) titles.emplace_back("Size");
  Table table(std::move(titles));
  for (const CachedRepository& one : cached) {
    std::vector<TableCell> row = {one.repository.hex().substr(0, 10), age_text(one, now),
                                  is_among(one, expired) ? "yes" : ""};
    if (with_size) row.emplace_back(format_size(one.bytes));
    table.add_row(std::move(row));
  }
  return table.text();
}

std::string cache_json(const std::vector<CachedRepository>& cached,
                       const std::vector<CachedRepository>& expired) {
  std::vector<std::string> objects;
  for (const CachedRepository& one : cached) {
    JsonObject object;
    object.text("repository_id", one.repository.hex())
        .text("last_used", format_local_time(one.last_used))
        .raw("old", is_among(one, expired) ? "true" : "false")
        .number("size", one.bytes);
    objects.push_back(object.finish());
  }
  return fmt::format("[{}]\n", fmt::join(objects, ","));
}

ExitCode clean_up(const GlobalOptions& options, const std::vector<CachedRepository>& expired,
                  const std::string& directory) {
  std::uint64_t bytes = 0;
  for (const CachedRepository& one : expired) {
    remove_cached(one);
    bytes += one.bytes;
  }
  if (options.json) {
    print(cache_json(expired, expired));
    return ExitCode::kSuccess;
  }
  if (options.quiet) return ExitCode::kSuccess;
  print(fmt::format("removed the copies of {} repositor{} ({}) from {}\n", expired.size(),
                    expired.size() == 1 ? "y" : "ies", format_size(bytes), directory));
  return ExitCode::kSuccess;
}

ExitCode run_cache(const GlobalOptions& options, const CacheArguments& arguments,
                   Signals& /*signals*/) {
  const std::optional<std::string> directory = cache_directory(options);
  if (!directory) {
    throw Error(ErrorCode::kUsage,
                "there is no cache: --no-cache was given, or neither --cache-dir nor HOME names "
                "a place of your own for it");
  }
  const Timestamp now = SystemClock().now();
  const CacheLimits limits{Days(arguments.max_age_days), cache_bounds(options).max_bytes};
  const std::vector<CachedRepository> cached = list_cached(*directory);
  const std::vector<CachedRepository> expired = choose_expired(cached, now, limits);
  if (arguments.cleanup) return clean_up(options, expired, *directory);
  if (options.json) {
    print(cache_json(cached, expired));
  } else if (cached.empty()) {
    print(fmt::format("nothing is kept in {}\n", *directory));
  } else {
    print(fmt::format("{}{} repositor{} in {}\n",
                      cache_table(cached, expired, now, !arguments.no_size), cached.size(),
                      cached.size() == 1 ? "y" : "ies", *directory));
    if (!expired.empty()) print("--cleanup removes what is old\n");
  }
  return ExitCode::kSuccess;
}

}  // namespace

Command cache_command(GlobalOptions& options) {
  Command command("cache", "List what this machine keeps of repositories, or clean up");
  CacheArguments& arguments = bind_command(command, options, run_cache);
  const char* const group = "Cache";
  command.add(group, {
                         {"--cleanup", &arguments.cleanup, "Remove what is old"},
                         {"--max-age", "DAYS", &arguments.max_age_days,
                          "What was not used for DAYS is old"},
                         {"--no-size", &arguments.no_size, "Do not show sizes"},
                     });
  command.footer = R"(
Everything in the cache can be fetched from the repositories again: it only saves time.
With --cache-size what was not used for longest is old, too, until the rest is no larger.

Examples:
  snapfs cache                             # what there is
  snapfs cache --cleanup --cache-size 1G)";
  return command;
}

}  // namespace snapfs
