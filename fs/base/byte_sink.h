// Bytes that come in pieces, because together they are too many to hold.
#pragma once

#include <functional>

#include "fs/base/bytes.h"

namespace snapfs {

/// Takes them; a piece is valid during the call only.
using ByteSink = std::function<void(ByteView)>;

/// Gives a sink all that there is.
using ByteSource = std::function<void(const ByteSink&)>;

}  // namespace snapfs
