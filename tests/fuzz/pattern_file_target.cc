// Files of patterns, and the variables in them.
//
// An input is a line with the variables' value, and the file.
#include <algorithm>

#include "fs/base/utf8.h"
#include "fs/pattern/pattern_file.h"
#include "fs/pattern/pattern_list.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {

void fuzz_one(ByteView bytes) {
  FuzzInput input(bytes);
  const std::string value(input.line());
  const std::string text(input.text());
  const VariableLookup lookup = [&value](const std::string& name) {
    return name.starts_with('E') ? std::string() : value;
  };
  const std::string expanded = expand_variables(text, lookup);
  require(text.find('$') != std::string::npos || expanded == text,
          "what has no dollar stays as it is");

  std::vector<std::string> lines;
  FuzzInput rest(as_bytes(text));
  while (!rest.empty()) lines.emplace_back(rest.line());
  const auto patterns =
      accepted({ErrorCode::kUsage}, [&] { return patterns_from_lines(lines, lookup, "file"); });
  if (!patterns) return;
  require(patterns->size() <= lines.size(), "a line is one pattern at most");
  for (const std::string& pattern : *patterns) {
    require(!pattern.empty(), "no pattern is empty");
  }
  const std::vector<PatternSource> sources = {{"--exclude-file", *patterns}};
  const auto list =
      accepted({ErrorCode::kUsage}, [&] { return PatternList(sources, LetterCase::kMatters); });
  if (!list || list->empty()) return;
  // Where only variables made it match everything it has to be refused; somebody who writes "/x/.."
  // wants it so.
  const auto is_by_variables = [&](const std::string& line) {
    return expand_variables(line, lookup) != line && line.find("..") == std::string::npos;
  };
  const bool all_by_variables = std::ranges::all_of(lines, is_by_variables);
  require(!all_by_variables || !list->matches("/\x01some name\x01"),
          "no pattern comes to match everything by its variables");
}

std::vector<std::string> fuzz_seeds() {
  return {"/home/me\n# comment\n  $HOME/*.tmp \n\n${HOME}/x\n$$y\n!$HOME/keep",
          "\n$EMPTY/x\na$EMPTY\n",
          "x\n${}\n${open\n$1$*$-\n$",
          "*\n/a/$ANY\n",
          "**\n$ANY/b",
          "v\n\xc2\xa0trimmed\xe2\x80\x83\n\xff$X\xff"};
}

}  // namespace snapfs::test
