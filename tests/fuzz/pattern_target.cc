// Patterns: what they say of a path is the same by all ways to ask, and a pattern for one name says
// what Go's filepath.Match says.
//
// An input is a line of flags (i: the case of letters is ignored), patterns, one a line, an empty
// line, and paths, one a line.
#include <algorithm>
#include <optional>

#include "fs/pattern/glob.h"
#include "fs/pattern/pattern_list.h"
#include "fs/pattern/pattern_walk.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {
namespace {

constexpr std::size_t kMostLines = 12;
constexpr std::size_t kLongestLine = 200;

std::vector<std::string> take_lines(FuzzInput& input) {
  std::vector<std::string> lines;
  while (!input.empty() && lines.size() < kMostLines) {
    const std::string_view line = input.line();
    if (line.empty()) break;
    lines.emplace_back(line.substr(0, kLongestLine));
  }
  return lines;
}

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(part.size() + 1, path.size()));
    if (!part.empty() && part != "." && part != "..") parts.emplace_back(part);
  }
  return parts;
}

void check_list(const PatternList& list, const std::vector<std::string>& parts) {
  const PatternWalk walk({list});
  PatternWalk::State directory = PatternWalk::kRoot;
  std::string path;
  for (const std::string& part : parts) {
    std::vector<std::string> left = {part};
    list.remove_rejected(path.empty() ? "/" : path, left);
    path += "/" + part;
    const PatternList::Inclusion wanted = list.includes(path);
    require(list.matches(path) == wanted.item, "a path matches that is included");
    require(left.empty() == wanted.item, "a name is rejected whose path matches");
    const PatternList::Inclusion of_entry = walk.verdict(directory, part);
    directory = walk.below(directory, part);
    const PatternList::Inclusion of_directory = walk.verdict(directory);
    require(of_entry.item == wanted.item && of_entry.below == wanted.below,
            "an entry is judged as its path is");
    require(of_directory.item == wanted.item && of_directory.below == wanted.below,
            "a directory is judged as its path is");
  }
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; });
}

/// Whether the set behind the bracket at the beginning of `pattern`, which is well-formed ASCII,
/// has the character; takes the set off.
bool take_set(std::string_view& pattern, char c) {
  pattern.remove_prefix(1);
  const auto take = [&pattern] {
    if (pattern.front() == '\\') pattern.remove_prefix(1);
    const char first = pattern.front();
    pattern.remove_prefix(1);
    return first;
  };
  const bool negated = pattern.front() == '^';
  if (negated) pattern.remove_prefix(1);
  bool found = false;
  for (bool is_first = true; is_first || pattern.front() != ']'; is_first = false) {
    const char low = take();
    char high = low;
    if (pattern.front() == '-') {
      pattern.remove_prefix(1);
      high = take();
    }
    found |= low <= c && c <= high;
  }
  pattern.remove_prefix(1);
  return found != negated;
}

/// By the definition, with all lengths of every star. Both are ASCII, and the pattern well-formed.
bool matches(std::string_view pattern, std::string_view name) {
  while (!pattern.empty()) {
    if (pattern.front() == '*') {
      pattern.remove_prefix(1);
      for (std::size_t length = 0; length <= name.size(); ++length) {
        if (matches(pattern, name.substr(length))) return true;
      }
      return false;
    }
    if (name.empty()) return false;
    const char c = name.front();
    name.remove_prefix(1);
    if (pattern.front() == '[') {
      if (!take_set(pattern, c)) return false;
      continue;
    }
    const bool is_any = pattern.front() == '?';
    if (pattern.front() == '\\') pattern.remove_prefix(1);
    if (!is_any && pattern.front() != c) return false;
    pattern.remove_prefix(1);
  }
  return name.empty();
}

void check_glob(std::string_view pattern, std::string_view name) {
  if (pattern.find('/') != std::string_view::npos) return;
  const std::optional<Glob> glob = Glob::parse(pattern);
  if (!glob) return;
  const bool result = glob->matches(name);
  require(!Glob::is_plain(pattern) || result == (pattern == name),
          "a plain pattern matches itself and nothing else");
  // By all lengths of more stars it takes too long.
  if (std::ranges::count(pattern, '*') > 3 || !is_ascii(pattern) || !is_ascii(name)) return;
  require(result == matches(pattern, name), "a name matches that matches by the definition");
}

}  // namespace

void fuzz_one(ByteView bytes) {
  FuzzInput input(bytes);
  const bool ignores_case = input.line().find('i') != std::string_view::npos;
  const std::vector<std::string> patterns = take_lines(input);
  const std::vector<std::string> paths = take_lines(input);
  const std::vector<PatternSource> sources = {{"--exclude", patterns}};
  const auto list = accepted({ErrorCode::kUsage}, [&] {
    return PatternList(sources, ignores_case ? LetterCase::kIgnored : LetterCase::kMatters);
  });
  for (const std::string& path : paths) {
    const std::vector<std::string> parts = parts_of(path);
    if (list) check_list(*list, parts);
    for (const std::string& pattern : patterns) {
      if (!parts.empty()) check_glob(pattern, parts.back());
    }
  }
}

std::vector<std::string> fuzz_seeds() {
  return {"\n*.o\n!keep.o\n\n/home/me/a.o\n/home/keep.o/b",
          "i\n/home/**/Cache\n\n/HOME/me/x/cache/deep\n/home/cache",
          "\n**/a/**/b\n/a/**\n!/a/*/c\n\n/x/a/y/b/z\n/a/b/c/d",
          "\n[a-z]?[^0-9]\n\\*x\\?\n\n/abc/*x?\n/zz9",
          "\n/var/lib/*.db\nfoo/bar\n\n/var/lib/x.db\n/q/foo/bar/baz",
          "i\n\xc3\x84*\n[\xc3\xa4-\xc3\xbc]x\n\n/\xc3\xa4nderung\n/\xc3\xb6x/\xff",
          "\na**b*c*\n**\n!/x\n!**/y\n\n/aXbYcZ/x\n/x/y/z",
          "\n./x//y/../z/\n/\n\n/x/z"};
}

}  // namespace snapfs::test
