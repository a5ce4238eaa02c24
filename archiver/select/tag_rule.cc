#include "archiver/select/tag_rule.h"

#include <algorithm>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/base/path.h"

namespace snapfs {
namespace {

/// As much of the file's beginning as there is, up to `size` bytes.
std::string beginning_of(SourceFile& file, std::size_t size) {
  std::string text(size, '\0');
  const std::size_t got = file.read({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  text.resize(got);
  return text;
}

}  // namespace

TagRule::TagRule(std::string_view text) : name_(text.substr(0, text.find(':'))) {
  if (name_.size() < text.size()) header_ = text.substr(name_.size() + 1);
  if (name_.empty() || name_ == "." || name_ == ".." || name_.find('/') != std::string::npos) {
    throw Error(ErrorCode::kUsage,
                fmt::format("--exclude-if-present: \"{}\" does not begin with the name of a file: "
                            "write NAME or NAME:HEADER, without a directory",
                            text));
  }
}

bool TagRule::is_in(const SourceDir& directory, std::span<const std::string> names,
                    SelectionObserver& observer) const {
  if (!std::ranges::binary_search(names, name_)) return false;
  return header_.empty() || has_header(directory, observer);
}

bool TagRule::has_header(const SourceDir& directory, SelectionObserver& observer) const {
  const std::string path = join_path(directory.path(), name_);
  try {
    const std::unique_ptr<SourceFile> file = directory.open_file(name_);
    if (beginning_of(*file, header_.size()) == header_) return true;
    observer.rule_failed(
        path, fmt::format("{}: does not begin with \"{}\": its directory is saved", path, header_));
  } catch (const SourceError& error) {
    observer.rule_failed(path, fmt::format("{}: its directory is saved", error.what()));
  }
  return false;
}

}  // namespace snapfs
