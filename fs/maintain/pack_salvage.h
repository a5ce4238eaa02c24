// Packs on a storage that cannot give all of them back, as far as it can: for repair, which saves
// what is intact in them. Whether what was read is intact, it does not know.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/format/pack.h"

namespace snapfs {

class Repository;

struct ReadablePack {
  Bytes file;                                   ///< zeros in place of what cannot be read
  std::string fault;                            ///< why not all of it could be read; empty: all was
  bool any = true;                              ///< whether some of it could be
  std::map<std::uint32_t, std::string> unread;  ///< why blobs could not be, by offset
};

/// The whole pack, or when that fails with Error{kIo}, as a bad sector makes it do, blob by blob:
/// those that are `listed`, those in the header, and what lies between them. Throws every other
/// Error that loading it throws.
ReadablePack load_readable(Repository& repository, const Id& pack,
                           std::span<const PackEntry> listed, StopToken stop);

}  // namespace snapfs
