#include "cli/option/pattern_options.h"

#include <cstdint>
#include <cstdlib>

#include <fmt/format.h>

#include "cli/process/text_file.h"
#include "fs/base/file.h"
#include "fs/pattern/pattern_file.h"

namespace snapfs {
namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{64} << 20;

std::string environment_variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? std::string() : value;
}

}  // namespace

PatternList read_patterns(const std::vector<std::string>& patterns, const std::string& option,
                          const std::vector<std::string>& files, LetterCase letter_case) {
  std::vector<PatternSource> sources = {{option, patterns}};
  for (const std::string& file : files) {
    const std::string text = decode_text(read_file(file, kMaxFileBytes));
    require_no_zero_byte(text, file);
    const std::string origin = fmt::format("{}-file {}", option, file);
    sources.push_back(
        {origin, patterns_from_lines(split_lines(text), environment_variable, origin)});
  }
  return {sources, letter_case};
}

}  // namespace snapfs
