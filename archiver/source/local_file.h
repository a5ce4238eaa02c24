// An open file of this machine. Private to the local source.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "archiver/source/source_fs.h"
#include "fs/base/file.h"
#include "fs/base/stop_token.h"

namespace snapfs {

/// Opens what openat(2) is given, without changing its access time if the system allows that.
/// Returns an empty descriptor and leaves errno when it fails.
UniqueFd open_without_atime(int dir_fd, const char* name, int flags) noexcept;

/// See SourceDir::open_file. `path` is for messages; `stop` as of LocalSource,
/// `shown_device` as of LocalDir.
std::unique_ptr<SourceFile> open_local_file(int dir_fd, const std::string& name, std::string path,
                                            StopToken stop,
                                            std::optional<std::uint64_t> shown_device);

}  // namespace snapfs
