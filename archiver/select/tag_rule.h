// --exclude-if-present (FORMAT §13.6): a directory with a certain file in it loses all but that.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "archiver/select/observer.h"
#include "archiver/source/source_fs.h"

namespace snapfs {

/// A value; thread-safe to read.
class TagRule {
 public:
  /// Marks the caches of the Cache Directory Tagging Standard.
  static constexpr std::string_view kCacheDirectory =
      "CACHEDIR.TAG:Signature: 8a477f597d28d172789f06886806bc55";

  /// "NAME" or "NAME:HEADER"; the header may have colons in it. Throws Error{kUsage} if the name is
  /// empty, ".", "..", or has a slash.
  explicit TagRule(std::string_view text);

  /// Whether the tag is among `names`, which are all names in `directory`, in byte order. With a
  /// header, it has to be a regular file that begins with it; if it does not, or cannot be read,
  /// the observer is told and the answer is no.
  bool is_in(const SourceDir& directory, std::span<const std::string> names,
             SelectionObserver& observer) const;

  const std::string& name() const noexcept { return name_; }

 private:
  bool has_header(const SourceDir& directory, SelectionObserver& observer) const;

  std::string name_;
  std::string header_;
};

}  // namespace snapfs
