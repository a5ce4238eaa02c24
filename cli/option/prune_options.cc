#include "cli/option/prune_options.h"

#include <charconv>
#include <system_error>

#include <fmt/format.h>

#include "cli/grammar/command.h"
#include "cli/option/quantity.h"
#include "fs/base/error.h"

namespace snapfs {

UnusedLimit parse_unused_limit(std::string_view text) {
  if (text == "unlimited") return UnusedLimit::unlimited();
  if (!text.ends_with('%')) return UnusedLimit::of_bytes(parse_size(text));
  double percent = -1;
  const char* const end = text.data() + text.size() - 1;
  const auto [stop, error] = std::from_chars(text.data(), end, percent);
  if (error != std::errc{} || stop != end || !(percent >= 0 && percent < 100)) {
    throw Error(ErrorCode::kUsage,
                fmt::format("\"{}\" is no part of what stays: give a percentage from 0% to below "
                            "100%, a size such as 200M, or \"unlimited\"",
                            text));
  }
  return UnusedLimit::of_percent(percent);
}

PruneOptions PruneArguments::options() const {
  PruneOptions options;
  options.policy.max_unused = parse_unused_limit(max_unused);
  if (!max_repack_size.empty()) options.policy.max_repack_bytes = parse_size(max_repack_size);
  if (!repack_smaller_than.empty()) {
    options.policy.small_pack_bytes = parse_size(repack_smaller_than);
  }
  options.policy.cacheable_only = repack_cacheable_only;
  options.policy.uncompressed = repack_uncompressed;
  return options;
}

void add_prune_options(Command& command, PruneArguments& arguments) {
  const char* const group = "What is repacked";
  command.add(
      group,
      {
          {"--max-unused", "LIMIT", Binding::checked(&arguments.max_unused, parse_unused_limit),
           "How much unused data may stay: a percentage of what stays, a size with k, M, G "
           "or T behind, or \"unlimited\""},
          {"--max-repack-size", "SIZE", Binding::checked(&arguments.max_repack_size, parse_size),
           "Repack no more than SIZE; 0: only remove what nothing uses"},
          {"--repack-smaller-than", "SIZE",
           Binding::checked(&arguments.repack_smaller_than, parse_size),
           "Merge packs smaller than SIZE, when there are ten or more"},
          {"--repack-cacheable-only", &arguments.repack_cacheable_only,
           "Repack only packs with directories, for storage that is slow to read"},
          {"--repack-uncompressed", &arguments.repack_uncompressed,
           "Compress what is not compressed yet"},
          Option("--repack-small", &arguments.repack_small, "")
              .deprecated(
                  "small packs are repacked anyway; --repack-smaller-than says which are small"),
      });
}

}  // namespace snapfs
