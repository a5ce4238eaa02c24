#include "cli/option/restore_options.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/grammar/command.h"
#include "cli/option/pattern_options.h"
#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/pattern/pattern_list.h"

namespace snapfs {
namespace {

using ItemChoice = std::function<Selected(const std::string& path, bool is_directory)>;

[[noreturn]] void refuse(std::string_view message) {
  throw Error(ErrorCode::kUsage, std::string(message));
}

/// What is matched, or all but that and what is below it. Directories on the way to what is matched
/// are made as they are needed.
ItemChoice choose_items(IncludeExcludeLists lists) {
  if (!lists.includes.empty()) {
    return [lists = std::move(lists)](const std::string& path, bool is_directory) {
      const PatternList::Inclusion inclusion = lists.included(path);
      return Selected{inclusion.item, inclusion.below && is_directory};
    };
  }
  if (lists.excludes.empty()) return {};
  return [lists = std::move(lists)](const std::string& path, bool is_directory) {
    const bool left_out = lists.excluded(path);
    return Selected{!left_out, !left_out && is_directory};
  };
}

std::function<bool(const std::string&)> choose_attributes(const RestoreArguments& arguments) {
  if (!arguments.include_attributes.empty() && !arguments.exclude_attributes.empty()) {
    refuse("--include-xattr and --exclude-xattr exclude each other: give one");
  }
  const bool include = !arguments.include_attributes.empty();
  const std::array<PatternSource, 1> source = {
      {{include ? "--include-xattr" : "--exclude-xattr",
        include ? arguments.include_attributes : arguments.exclude_attributes}}};
  PatternList list(source, LetterCase::kMatters);
  if (list.empty() && !include) return {};
  return [list = std::move(list), include](const std::string& name) {
    return list.matches(name) == include;
  };
}

Overwrite parse_overwrite(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, Overwrite>, 4> kWords = {
      {{"always", Overwrite::kAlways},
       {"if-changed", Overwrite::kIfChanged},
       {"if-newer", Overwrite::kIfNewer},
       {"never", Overwrite::kNever}}};
  const auto* const found =
      std::ranges::find(kWords, word, &std::pair<std::string_view, Overwrite>::first);
  if (found != kWords.end()) return found->second;
  refuse(fmt::format("--overwrite can be always, if-changed, if-newer or never, not \"{}\"", word));
}

}  // namespace

RestoreOptions RestoreArguments::options() const {
  if (snapshot.empty()) refuse("no snapshot was named: give an ID, or \"latest\"");
  if (snapshot.size() > 1) {
    refuse(fmt::format("only one snapshot can be restored, not {}", fmt::join(snapshot, " and ")));
  }
  if (target.empty()) refuse("no directory was named: give one with --target");
  if (delete_outside_paths && !remove_unexpected) {
    refuse("--delete-outside-paths says what --delete may delete: give both, or none");
  }
  if (dry_run && verify) refuse("--dry-run writes nothing that --verify could read: give one");
  RestoreOptions options;
  options.overwrite = parse_overwrite(overwrite);
  options.select = choose_items(patterns.read());
  options.select_attribute = choose_attributes(*this);
  if (remove_unexpected && clean_path(target) == "/" && !options.select) {
    refuse(
        "--delete with --target / would remove everything that is not in the snapshot: say what "
        "is meant with an include or exclude pattern");
  }
  options.dry_run = dry_run;
  options.remove_unexpected = remove_unexpected;
  options.sparse = sparse;
  options.verify = verify;
  options.ownership_by_name = ownership_by_name;
  return options;
}

namespace {

void add_choice_options(Command& command, RestoreArguments& arguments) {
  const char* const group = "What is restored";
  const auto add = [&](const char* name, std::vector<std::string>& values, const char* text) {
    command.add(group, {name, "PATTERN", &values, text});
  };
  add_include_options(command, arguments.patterns.includes, group,
                      "Only what matches PATTERN (may be repeated)");
  add_exclude_options(command, arguments.patterns.excludes, group,
                      "All but what matches PATTERN (may be repeated)");
  add("--include-xattr", arguments.include_attributes,
      "Only extended attributes that match PATTERN (may be repeated)");
  add("--exclude-xattr", arguments.exclude_attributes,
      "All extended attributes but those (may be repeated)");
}

void add_target_options(Command& command, RestoreArguments& arguments) {
  const char* const group = "Where and how";
  command.add(group,
              {
                  {"-t,--target", "DIR", &arguments.target, "Restore into the directory DIR"},
                  {"--overwrite", "WHEN", Binding::checked(&arguments.overwrite, parse_overwrite),
                   "Replace files that exist: always, if-changed, if-newer, never"},
                  {"--delete", &arguments.remove_unexpected,
                   "Delete from DIR what is not in the snapshot (try it with --dry-run -vv)"},
                  {"--delete-outside-paths", &arguments.delete_outside_paths,
                   "With --delete: also what lies beside the paths that the snapshot is of"},
                  {"--sparse", &arguments.sparse, "Write runs of zeros as holes"},
                  {"--ownership-by-name", &arguments.ownership_by_name,
                   "Give files to the users and groups of the same name, not number"},
                  {"--verify", &arguments.verify, "Read what was written again"},
                  {"-n,--dry-run", &arguments.dry_run, "Change nothing, show what would be done"},
              });
}

}  // namespace

void add_restore_options(Command& command, RestoreArguments& arguments) {
  command.take_all(
      "SNAPSHOT", &arguments.snapshot,
      "An ID, an unambiguous beginning of one, or \"latest\"; with :/FOLDER behind it, "
      "only what is in that directory");
  command.positionals.back().key = "snapshot";
  add_target_options(command, arguments);
  add_choice_options(command, arguments);
  add_filter_options(command, arguments.filter);
}

}  // namespace snapfs
