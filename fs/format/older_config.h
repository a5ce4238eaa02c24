// What it means when the config is older than the files beside it.
#pragma once

#include "fs/base/error.h"

namespace snapfs {

/// Error{kUnsupported} for what only version 2 has, under a config of version 1 (FORMAT §4). A
/// mirror that copies only files with new names keeps the config from before the upgrade: nothing
/// is damaged.
Error older_config_error();

}  // namespace snapfs
