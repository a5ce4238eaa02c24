#include "cli/session/target_files.h"

#include <fmt/format.h>

#include "archiver/select/path_glob.h"
#include "cli/option/target_file_options.h"
#include "cli/output/output.h"
#include "cli/process/text_file.h"
#include "fs/base/error.h"
#include "fs/base/utf8.h"

namespace snapfs {
namespace {

/// Standard input is taken as it comes, as restic does.
std::vector<std::string> read_lines(const std::string& path) {
  const std::string content = read_file_or_input(path);
  const std::string text = path == "-" ? content : decode_text(as_bytes(content));
  require_no_zero_byte(text, path == "-" ? "standard input" : path);
  return split_lines(text);
}

void add_matches(const std::string& file, const SourceFs& source, bool json,
                 std::vector<std::string>& targets) {
  for (const std::string& line : read_lines(file)) {
    const std::string pattern(trim_white_space(line));
    if (pattern.empty() || pattern.front() == '#') continue;
    std::vector<std::string> found = expand_glob(source, pattern, "--files-from " + file);
    if (found.empty()) {
      print_warning(json, pattern,
                    fmt::format("{}: no file matches this pattern of {}", pattern, file));
    }
    for (std::string& path : found) targets.push_back(std::move(path));
  }
}

}  // namespace

std::vector<std::string> collect_targets(const TargetFiles& files,
                                         std::span<const std::string> arguments,
                                         const SourceFs& source, bool json) {
  std::vector<std::string> targets;
  for (const std::string& file : files.patterns) {
    // restic lets an empty name stand for an empty list; here, as in a shell script, it is a slip
    // that shows as "nothing to snapshot" only if nothing else is named.
    if (!file.empty()) add_matches(file, source, json, targets);
  }
  for (const std::string& file : files.verbatim) {
    if (file.empty()) continue;
    for (std::string& line : read_lines(file)) {
      if (!line.empty()) targets.push_back(std::move(line));
    }
  }
  for (const std::string& file : files.raw) {
    for (std::string& name : split_raw_names(read_file_or_input(file), file)) {
      targets.push_back(std::move(name));
    }
  }
  targets.insert(targets.end(), arguments.begin(), arguments.end());
  if (targets.empty()) {
    throw Error(ErrorCode::kUsage,
                "nothing to snapshot: give a PATH, or a file that lists some with --files-from");
  }
  return targets;
}

std::vector<std::string> split_raw_names(std::string_view text, std::string_view path) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::size_t end = text.find('\0');
    if (end == 0 || end == std::string_view::npos) {
      const char* const fault =
          end == 0 ? "there is an empty name" : "the last name is not ended by a zero byte";
      throw Error(ErrorCode::kUsage,
                  fmt::format("--files-from-raw {}: {}: write the list as \"find -print0\" does",
                              path, fault));
    }
    names.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return names;
}

}  // namespace snapfs
