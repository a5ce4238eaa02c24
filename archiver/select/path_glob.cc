#include "archiver/select/path_glob.h"

#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/pattern/glob.h"

namespace snapfs {
namespace {

bool has_special(std::string_view text) {
  return text.find_first_of("*?[\\") != std::string_view::npos;
}

class Expansion {
 public:
  Expansion(const SourceFs& source, const std::string& pattern, std::string_view origin)
      : source_(source), pattern_(pattern), origin_(origin) {}

  std::vector<std::string> expand(const std::string& pattern) const {
    if (!has_special(pattern)) return existing(pattern);
    const std::size_t slash = pattern.rfind('/');
    const bool in_working_directory = slash == std::string::npos;
    const Glob name = parse(std::string_view(pattern).substr(in_working_directory ? 0 : slash + 1));
    const std::string directory = in_working_directory ? std::string(".")
                                  : slash == 0         ? std::string("/")
                                                       : pattern.substr(0, slash);
    if (!has_special(directory)) return matches_in(directory, name);
    std::vector<std::string> found;
    for (const std::string& place : expand(directory)) {
      for (std::string& path : matches_in(place, name)) found.push_back(std::move(path));
    }
    return found;
  }

 private:
  Glob parse(std::string_view component) const {
    if (auto glob = Glob::parse(component)) return *std::move(glob);
    throw Error(ErrorCode::kUsage, malformed_pattern(pattern_, origin_));
  }

  std::vector<std::string> existing(const std::string& path) const {
    try {
      source_.lstat(path);
    } catch (const SourceError&) {
      return {};
    }
    return {path};
  }

  std::vector<std::string> matches_in(const std::string& directory, const Glob& name) const {
    std::vector<std::string> found;
    try {
      for (const std::string& entry : source_.list(directory)) {
        if (name.matches(entry)) found.push_back(clean_path(join_path(directory, entry)));
      }
    } catch (const SourceError&) {
      // It may not be a directory at all: `*/x` asks in every entry.
    }
    return found;
  }

  const SourceFs& source_;
  const std::string& pattern_;
  std::string_view origin_;
};

}  // namespace

std::vector<std::string> expand_glob(const SourceFs& source, const std::string& pattern,
                                     std::string_view origin) {
  return Expansion(source, pattern, origin).expand(pattern);
}

}  // namespace snapfs
