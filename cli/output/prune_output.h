// What prune found and changes, in text and JSON.
#pragma once

#include <string>

#include "fs/maintain/prune.h"

namespace snapfs {

/// The figures for people. `verbose`: the packs and what is used, too.
std::string prune_text(const PruneFigures& figures, bool verbose);

/// {"message_type":"prune_summary",…}, without a newline.
std::string prune_json(const PruneFigures& figures, bool dry_run);

}  // namespace snapfs
