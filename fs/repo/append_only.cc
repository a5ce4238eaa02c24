#include "fs/repo/append_only.h"

#include <string>

#include <fmt/format.h>

namespace snapfs {
namespace {

constexpr std::string_view kReason =
    "the repository is append-only, as its config says: nothing in it is removed or replaced";

}  // namespace

Error append_only_error(const FileKey& file) {
  const bool is_config = file.kind == FileKind::kConfig;
  return {
      ErrorCode::kPermission,
      fmt::format("cannot {} {}: {}", is_config ? "replace" : "remove", describe(file), kReason),
      is_config ? path_of(file) : file.id.hex()};
}

void require_removals(const StoredFiles& files, std::string_view instead) {
  if (!files.keeps_everything()) return;
  throw Error(ErrorCode::kPermission, fmt::format("{}; {}", kReason, instead));
}

}  // namespace snapfs
