// How what a command writes into the repository is stored: --compression, --pack-size,
// --no-extra-verify.
#pragma once

#include <cstddef>
#include <string>

namespace snapfs {

class Command;
struct GlobalOptions;

struct StorageOptions {
  std::string pack_size;

  /// The size of packs in bytes: --pack-size, PACK_SIZE, 16 MiB. Throws Error{kUsage}.
  std::size_t pack_bytes() const;
};

/// Both structures must outlive `command`.
void add_storage_options(Command& command, GlobalOptions& global, StorageOptions& options,
                         const char* group = "How it is done");

}  // namespace snapfs
