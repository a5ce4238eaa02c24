// A mount that lies nowhere: it is reached by its descriptor alone, nobody else sees it, and it is
// gone when the descriptor is closed, also by a kill.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "fs/base/file.h"

namespace snapfs {

/// As mount(8) -t `type` -o `options` would; an option without a value is a flag. Programs and
/// devices in it do not work as such. Throws Error: what is missing is most often the privilege.
UniqueFd mount_detached(const std::string& type, const std::string& source,
                        const std::vector<std::pair<std::string, std::string>>& options);

/// Whether this process may mount anything (CAP_SYS_ADMIN).
bool may_mount() noexcept;

}  // namespace snapfs
