#include "cli/location.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "fs/backend/local.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

constexpr std::string_view kLocalScheme = "local:";

// Only known schemes are refused: a colon is an ordinary character in a path.
constexpr std::array<std::string_view, 8> kFutureSchemes = {
    "rest:", "s3:", "sftp:", "rclone:", "azure:", "b2:", "swift:", "gs:"};

}  // namespace

RepositoryLocation RepositoryLocation::parse(std::string_view text) {
  const auto scheme =
      std::find_if(kFutureSchemes.begin(), kFutureSchemes.end(),
                   [text](std::string_view candidate) { return text.starts_with(candidate); });
  if (scheme != kFutureSchemes.end()) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("repositories of the kind \"{}\" are not supported yet; use a "
                            "directory, or \"local:{}\" if that is the name of one",
                            *scheme, text),
                std::string(text));
  }
  if (text.starts_with(kLocalScheme)) text.remove_prefix(kLocalScheme.size());
  if (text.empty()) {
    throw Error(ErrorCode::kUsage,
                "no repository was named: give its directory with --repo, or set "
                "SNAPFS_REPOSITORY");
  }
  return {std::string(text)};
}

std::unique_ptr<Backend> make_backend(const RepositoryLocation& location) {
  return std::make_unique<LocalBackend>(location.path);
}

}  // namespace snapfs
