// What a new snapshot is asked to be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "archiver/targets.h"
#include "fs/base/timestamp.h"
#include "fs/repo/pack_writer.h"
#include "fs/tree/snapshot.h"

namespace snapfs {

struct SnapshotRequest {
  TargetTree targets;              ///< what to save, resolved against the same source
  std::optional<Snapshot> parent;  ///< unchanged files are taken over from it
  bool with_atime = false;         ///< store access times, not modification times again
  std::size_t pack_bytes = PackWriter::kDefaultTargetBytes;
  std::function<void()> before_commit;  ///< called before the snapshot is written; may throw
  bool scan = false;                    ///< count beforehand what there is, for progress
  unsigned workers = 0;                 ///< threads that read and seal; 0: as many as cores

  // Recorded in the snapshot as they are.
  ZonedTime time;
  std::string hostname;
  std::string username;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::string> tags;
  std::string program_version;
};

}  // namespace snapfs
