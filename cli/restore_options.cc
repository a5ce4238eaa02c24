#include "cli/restore_options.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/pattern_options.h"
#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/select/pattern_list.h"

namespace snapfs {
namespace {

using ItemChoice = std::function<Selected(const std::string& path, bool is_directory)>;

[[noreturn]] void refuse(std::string_view message) {
  throw Error(ErrorCode::kUsage, std::string(message));
}

/// Those that have patterns.
std::vector<PatternList> non_empty(PatternList matters, PatternList ignored) {
  std::vector<PatternList> lists;
  if (!matters.empty()) lists.push_back(std::move(matters));
  if (!ignored.empty()) lists.push_back(std::move(ignored));
  return lists;
}

/// Everything but what one of the lists matches, and what is below it.
ItemChoice choice_by_excludes(std::vector<PatternList> lists) {
  return [lists = std::move(lists)](const std::string& path, bool is_directory) {
    const bool left_out =
        std::ranges::any_of(lists, [&path](const PatternList& list) { return list.matches(path); });
    return Selected{!left_out, !left_out && is_directory};
  };
}

/// What one of the lists matches. Directories on the way there are made as they are needed.
ItemChoice choice_by_includes(std::vector<PatternList> lists) {
  return [lists = std::move(lists)](const std::string& path, bool is_directory) {
    Selected selected{false, false};
    for (const PatternList& list : lists) {
      const PatternList::Inclusion inclusion = list.includes(path);
      selected.item |= inclusion.item;
      selected.below |= inclusion.below && is_directory;
    }
    return selected;
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
  if (list.empty()) return {};
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

ItemChoice choose_items(const RestoreArguments& arguments) {
  std::vector<PatternList> includes = non_empty(
      read_patterns(arguments.includes, "--include", arguments.include_files, LetterCase::kMatters),
      read_patterns(arguments.caseless_includes, "--iinclude", arguments.caseless_include_files,
                    LetterCase::kIgnored));
  std::vector<PatternList> excludes = non_empty(
      read_patterns(arguments.excludes, "--exclude", arguments.exclude_files, LetterCase::kMatters),
      read_patterns(arguments.caseless_excludes, "--iexclude", arguments.caseless_exclude_files,
                    LetterCase::kIgnored));
  if (!includes.empty() && !excludes.empty()) {
    refuse("include and exclude patterns cannot be combined: give one kind");
  }
  if (!includes.empty()) return choice_by_includes(std::move(includes));
  if (!excludes.empty()) return choice_by_excludes(std::move(excludes));
  return {};
}

}  // namespace

RestoreOptions RestoreArguments::options() const {
  if (snapshot.empty()) refuse("no snapshot was named: give an ID, or \"latest\"");
  if (snapshot.size() > 1) {
    refuse(fmt::format("only one snapshot can be restored, not {}", fmt::join(snapshot, " and ")));
  }
  if (target.empty()) refuse("no directory was named: give one with --target");
  if (dry_run && verify) refuse("--dry-run writes nothing that --verify could read: give one");
  RestoreOptions options;
  options.overwrite = parse_overwrite(overwrite);
  options.select = choose_items(*this);
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

void add_choice_options(CLI::App& app, RestoreArguments& arguments) {
  const char* const group = "What is restored";
  const auto add = [&](const char* name, std::vector<std::string>& values, const char* type,
                       const char* text) {
    app.add_option(name, values, text)->type_name(type)->allow_extra_args(false)->group(group);
  };
  add("-i,--include", arguments.includes, "PATTERN", "Only what matches PATTERN (may be repeated)");
  add("--iinclude", arguments.caseless_includes, "PATTERN",
      "The same, upper and lower case being equal");
  add("--include-file", arguments.include_files, "FILE",
      "Read such patterns from FILE, one a line");
  add("--iinclude-file", arguments.caseless_include_files, "FILE",
      "The same, upper and lower case being equal");
  add("-e,--exclude", arguments.excludes, "PATTERN",
      "All but what matches PATTERN (may be repeated)");
  add("--iexclude", arguments.caseless_excludes, "PATTERN",
      "The same, upper and lower case being equal");
  add("--exclude-file", arguments.exclude_files, "FILE",
      "Read such patterns from FILE, one a line");
  add("--iexclude-file", arguments.caseless_exclude_files, "FILE",
      "The same, upper and lower case being equal");
  add("--include-xattr", arguments.include_attributes, "PATTERN",
      "Only extended attributes that match PATTERN (may be repeated)");
  add("--exclude-xattr", arguments.exclude_attributes, "PATTERN",
      "All extended attributes but those (may be repeated)");
}

void add_target_options(CLI::App& app, RestoreArguments& arguments) {
  const char* const group = "Where and how";
  app.add_option("-t,--target", arguments.target, "Restore into the directory DIR")
      ->type_name("DIR")
      ->group(group);
  app.add_option("--overwrite", arguments.overwrite,
                 "Replace files that exist: always, if-changed, if-newer, never")
      ->type_name("WHEN")
      ->group(group);
  app.add_flag("--delete", arguments.remove_unexpected,
               "Delete from DIR what is not in the snapshot (try it with --dry-run -vv)")
      ->group(group);
  app.add_flag("--sparse", arguments.sparse, "Write runs of zeros as holes")->group(group);
  app.add_flag("--ownership-by-name", arguments.ownership_by_name,
               "Give files to the users and groups of the same name, not number")
      ->group(group);
  app.add_flag("--verify", arguments.verify, "Read what was written again")->group(group);
  app.add_flag("-n,--dry-run", arguments.dry_run, "Change nothing, show what would be done")
      ->group(group);
}

}  // namespace

void add_restore_options(CLI::App& app, RestoreArguments& arguments) {
  app.add_option("SNAPSHOT", arguments.snapshot,
                 "An ID, an unambiguous beginning of one, or \"latest\"; with :/FOLDER behind it, "
                 "only what is in that directory")
      ->type_name("");
  add_target_options(app, arguments);
  add_choice_options(app, arguments);
  add_filter_options(app, arguments.filter);
}

}  // namespace snapfs
