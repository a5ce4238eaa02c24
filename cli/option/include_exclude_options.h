// --include and --exclude with their forms, for commands that take part of a snapshot. What is left
// out while a snapshot is made has options of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fs/pattern/pattern_list.h"

namespace snapfs {

class Command;

/// The patterns of one kind, as given on the command line.
struct PatternArguments {
  std::vector<std::string> patterns;
  std::vector<std::string> caseless_patterns;
  std::vector<std::string> files;
  std::vector<std::string> caseless_files;

  bool given() const noexcept {
    return !patterns.empty() || !caseless_patterns.empty() || !files.empty() ||
           !caseless_files.empty();
  }
};

/// What they come to: lists of one kind only. Both are empty when files were given that hold no
/// patterns: that is no wish to leave everything out. An empty pattern on the command line makes a
/// list that matches nothing.
struct IncludeExcludeLists {
  std::vector<PatternList> includes;
  std::vector<PatternList> excludes;

  /// What the include patterns say about the path.
  PatternList::Inclusion included(std::string_view path) const;

  /// Whether one of the exclude patterns matches the path.
  bool excluded(std::string_view path) const;
};

struct IncludeExcludeOptions {
  PatternArguments includes;
  PatternArguments excludes;

  bool given() const noexcept { return includes.given() || excludes.given(); }

  /// Reads the files. Throws Error{kUsage} for malformed patterns and for both kinds at once, and
  /// what reading the files throws.
  IncludeExcludeLists read() const;
};

/// The options that fill `arguments`, which must outlive `command`, in a group of the help; `text`
/// says what a pattern does there.
void add_include_options(Command& command, PatternArguments& arguments, const char* group,
                         const char* text);
void add_exclude_options(Command& command, PatternArguments& arguments, const char* group,
                         const char* text);

}  // namespace snapfs
