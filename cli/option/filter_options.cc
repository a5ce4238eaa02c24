#include "cli/option/filter_options.h"

#include "cli/grammar/command.h"
#include "cli/option/setting.h"
#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/base/utf8.h"

namespace snapfs {

std::vector<std::string> split_tags(std::string_view text) {
  std::vector<std::string> tags;
  while (true) {
    const std::size_t comma = text.find(',');
    tags.emplace_back(trim_white_space(text.substr(0, comma)));
    if (comma == std::string_view::npos) return tags;
    text.remove_prefix(comma + 1);
  }
}

SnapshotFilter FilterOptions::filter() const {
  SnapshotFilter filter;
  filter.hosts = hosts;
  if (hosts.empty()) {
    if (auto host = environment_setting("HOST")) filter.hosts.push_back(*std::move(host));
  } else if (hosts.size() == 1 && hosts.front().empty()) {
    filter.hosts.clear();
  }
  for (const std::string& list : tags) filter.tags.push_back(split_tags(list));
  for (const std::string& path : paths) {
    filter.paths.push_back(absolute_path(path, current_directory()));
  }
  return filter;
}

void add_filter_options(Command& command, FilterOptions& options, HostOption host) {
  const char* const group = "Which snapshots";
  const Binding::Setter path = [&options](const std::string& text) {
    // As a relative path it would be the current directory, which --path "$UNSET" does not
    // mean.
    if (text.empty()) throw Error(ErrorCode::kUsage, "this names no path");
    options.paths.push_back(text);
  };
  command.add(group,
              {
                  Option(host == HostOption::kShortToo ? "-H,--host" : "--host", "HOST",
                         &options.hosts, "Only snapshots of HOST, or SNAPFS_HOST (may be repeated)")
                      .variable("HOST"),
                  {"--tag", "TAGS", &options.tags,
                   "Only snapshots with all of TAG[,TAG...] (may be repeated)"},
                  {"--path", "PATH", Binding::each(path),
                   "Only snapshots that hold PATH (may be repeated)"},
              });
}

}  // namespace snapfs
