// What a snapshot is called in what people read.
#pragma once

#include <string>

namespace snapfs {

struct Snapshot;

/// "snapshot 1a2b3c4d of [/home] at 2026-11-23 10:00:00 by me@host", fit for a terminal.
std::string title_of(const Snapshot& snapshot);

}  // namespace snapfs
