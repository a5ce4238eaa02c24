#include "cli/option/exclude_options.h"

#include <sys/stat.h>

#include "archiver/select/mounted.h"
#include "cli/grammar/command.h"
#include "cli/option/global_options.h"
#include "cli/option/pattern_options.h"
#include "cli/option/quantity.h"
#include "fs/backend/open/location.h"

namespace snapfs {
namespace {

/// A repository that is not there is reported when it is opened.
std::vector<DirectoryIdentity> repository_directory(const GlobalOptions& global) {
  const RepositoryLocation location = RepositoryLocation::parse(global.repository_string());
  struct stat status {};
  if (location.scheme != Scheme::kLocal || ::stat(location.path.c_str(), &status) != 0) return {};
  return {{status.st_dev, status.st_ino}};
}

}  // namespace

Selection ExcludeOptions::selection(const GlobalOptions& global,
                                    std::string_view working_directory) const {
  SelectionRules rules;
  rules.patterns.push_back(read_patterns(patterns, "--exclude", files, LetterCase::kMatters));
  rules.patterns.push_back(
      read_patterns(caseless_patterns, "--iexclude", caseless_files, LetterCase::kIgnored));
  for (const std::string& tag : if_present) rules.tags.emplace_back(tag);
  if (caches) rules.tags.emplace_back(TagRule::kCacheDirectory);
  if (!larger_than.empty()) rules.larger_than_bytes = parse_size(larger_than);
  rules.one_file_system = one_file_system;
  rules.own_directories = repository_directory(global);
  rules.own_mounts = snapfs_mounts();
  rules.working_directory = working_directory;
  return Selection(std::move(rules));
}

void add_exclude_options(Command& command, ExcludeOptions& options) {
  const char* const group = "What is left out";
  const auto add = [&](const char* name, std::vector<std::string>& values, const char* type,
                       const char* text) {
    command.add(group, {name, type, &values, text});
  };
  add("-e,--exclude", options.patterns, "PATTERN",
      "Leave out what matches PATTERN (may be repeated)");
  add("--iexclude", options.caseless_patterns, "PATTERN",
      "The same, upper and lower case being equal");
  add("--exclude-file", options.files, "FILE", "Read such patterns from FILE, one a line");
  add("--iexclude-file", options.caseless_files, "FILE",
      "The same, upper and lower case being equal");
  add("--exclude-if-present", options.if_present, "NAME[:HEADER]",
      "Of directories that hold a file NAME (that begins with HEADER) take only that");
  command.add(group, {
                         {"--exclude-caches", &options.caches,
                          "The same for caches marked with a CACHEDIR.TAG file"},
                         {"--exclude-larger-than", "SIZE",
                          Binding::checked(&options.larger_than, parse_size),
                          "Leave out files larger than SIZE: bytes, or with k, M, G, T behind"},
                         {"-x,--one-file-system", &options.one_file_system,
                          "Leave out other file systems that are mounted below"},
                     });
}

}  // namespace snapfs
