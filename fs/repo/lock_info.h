// What a lock file says (FORMAT §12).
#pragma once

#include <cstdint>
#include <string>

#include "fs/base/bytes.h"
#include "fs/repo/identity.h"
#include "fs/time/timestamp.h"

namespace snapfs {

enum class LockMode { kShared, kExclusive };

/// What a lock file says.
struct LockInfo {
  ZonedTime time;
  bool exclusive = false;
  std::string hostname;
  std::string username;
  std::int64_t pid = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  ProcessOrigin origin = {};    ///< empty when another program wrote it
  std::string mountpoint = {};  ///< of a mount that holds it; empty otherwise

  /// This process's, taken now.
  static LockInfo of_process(LockMode mode, const ZonedTime& now);
};

/// One line of JSON without a newline.
std::string encode_lock(const LockInfo& lock);

/// Throws Error{kDamaged} for text that is not a lock.
LockInfo parse_lock(ByteView json);

}  // namespace snapfs
