// What it means when a file holds more text than one of its kind can have.
#pragma once

#include <cstdint>

#include "fs/base/error.h"

namespace snapfs {

/// Error{kUnsupported} for a file with more text than that, compressed or not.
Error too_much_text(std::uint64_t limit_bytes);

}  // namespace snapfs
