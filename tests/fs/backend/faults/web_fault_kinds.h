// The faults of a web server, by their kinds. Each function adds those of its kind.
#pragma once

#include <vector>

#include "tests/fs/backend/faults/web_fault.h"

namespace snapfs::test {

/// Connections that break off, answers that come in odd ways, and what is no HTTP.
void add_transfer_faults(std::vector<WebFault>& faults);

/// Answers whose heads are right and whose bytes are not: files, parts of them, and lists.
void add_content_faults(std::vector<WebFault>& faults);

/// Whole answers that say that it was not done: by a status, or an object store's code.
void add_status_faults(std::vector<WebFault>& faults);

}  // namespace snapfs::test
