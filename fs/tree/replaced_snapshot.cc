#include "fs/tree/replaced_snapshot.h"

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/repo/repository.h"

namespace snapfs {

void remove_replaced_snapshot(Repository& repository, const Id& old, const Id& replacement,
                              const StopToken& stop) {
  try {
    repository.files().remove({FileKind::kSnapshot, old}, stop);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    throw Error(error.code(),
                fmt::format("snapshot {} is stored, but the one whose place it was to take is "
                            "there as well: {} (\"snapfs forget\" removes either)",
                            replacement.short_hex(), error.what()),
                error.subject());
  }
}

}  // namespace snapfs
