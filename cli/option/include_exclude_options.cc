#include "cli/option/include_exclude_options.h"

#include <algorithm>
#include <utility>

#include "cli/grammar/command.h"
#include "cli/option/pattern_options.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

/// `word` is "include" or "exclude".
std::vector<PatternList> read_lists(const PatternArguments& arguments, const std::string& word) {
  std::vector<PatternList> lists;
  // A pattern that is written down empty is one that nothing matches: of --include "$UNSET" all
  // that there is must not become.
  const auto add = [&lists](PatternList list, const std::vector<std::string>& written) {
    if (!list.empty() || !written.empty()) lists.push_back(std::move(list));
  };
  add(read_patterns(arguments.patterns, "--" + word, arguments.files, LetterCase::kMatters),
      arguments.patterns);
  add(read_patterns(arguments.caseless_patterns, "--i" + word, arguments.caseless_files,
                    LetterCase::kIgnored),
      arguments.caseless_patterns);
  return lists;
}

void add_options(Command& command, PatternArguments& arguments, const std::string& word,
                 const char* group, const char* text) {
  const auto add = [&](const std::string& name, std::vector<std::string>& values, const char* type,
                       const char* description) {
    command.add(group, {name, type, &values, description});
  };
  constexpr const char* kCaseless = "The same, upper and lower case being equal";
  add("-" + word.substr(0, 1) + ",--" + word, arguments.patterns, "PATTERN", text);
  add("--i" + word, arguments.caseless_patterns, "PATTERN", kCaseless);
  add("--" + word + "-file", arguments.files, "FILE", "Read such patterns from FILE, one a line");
  add("--i" + word + "-file", arguments.caseless_files, "FILE", kCaseless);
}

}  // namespace

PatternList::Inclusion IncludeExcludeLists::included(std::string_view path) const {
  PatternList::Inclusion result;
  for (const PatternList& list : includes) {
    const PatternList::Inclusion inclusion = list.includes(path);
    result.item |= inclusion.item;
    result.below |= inclusion.below;
  }
  return result;
}

bool IncludeExcludeLists::excluded(std::string_view path) const {
  return std::ranges::any_of(excludes,
                             [path](const PatternList& list) { return list.matches(path); });
}

IncludeExcludeLists IncludeExcludeOptions::read() const {
  IncludeExcludeLists lists{read_lists(includes, "include"), read_lists(excludes, "exclude")};
  if (lists.includes.empty() || lists.excludes.empty()) return lists;
  throw Error(ErrorCode::kUsage, "include and exclude patterns cannot be combined: give one kind");
}

void add_include_options(Command& command, PatternArguments& arguments, const char* group,
                         const char* text) {
  add_options(command, arguments, "include", group, text);
}

void add_exclude_options(Command& command, PatternArguments& arguments, const char* group,
                         const char* text) {
  add_options(command, arguments, "exclude", group, text);
}

}  // namespace snapfs
