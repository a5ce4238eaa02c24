// How a running operation learns that it should end: the standard library's token, which knows
// neither threads nor fibers. The archiver's tomb owns the source.
#pragma once

#include <stop_token>

#include "fs/base/error.h"

namespace snapfs {

using StopToken = std::stop_token;
using StopSource = std::stop_source;

/// Throws Error{kCancelled} once a stop was requested.
inline void throw_if_stopped(const StopToken& stop) {
  if (stop.stop_requested()) throw cancelled_error();
}

}  // namespace snapfs
