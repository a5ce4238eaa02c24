// What a config of an earlier state looks like to who reads the other files.
#pragma once

#include "fs/base/error.h"

namespace snapfs {

/// Error{kUnsupported} for what only version 2 has, under a config of version 1 (FORMAT §4). Who
/// mirrors a repository by the names of its files keeps the config of before the upgrade: nothing
/// is damaged.
Error older_config_error();

}  // namespace snapfs
