#include "cli/output/snapshot_title.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/output/display_text.h"
#include "fs/time/local_time.h"
#include "fs/tree/snapshot.h"

namespace snapfs {

std::string title_of(const Snapshot& snapshot) {
  return printable(fmt::format(
      "snapshot {} of [{}] at {} by {}@{}", snapshot.id.short_hex(), fmt::join(snapshot.paths, " "),
      format_local_time(snapshot.time.instant), snapshot.username, snapshot.hostname));
}

}  // namespace snapfs
