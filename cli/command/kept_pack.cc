#include "cli/command/kept_pack.h"

#include <fcntl.h>

#include <algorithm>

#include "fs/base/durable_file.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/path.h"

namespace snapfs {
namespace {

/// Whether the file is there. Throws when it is, with other content.
bool is_kept(const std::string& path, ByteView bytes) {
  UniqueFd file;
  try {
    file = open_file(path, O_RDONLY);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    return false;
  }
  Bytes kept(bytes.size());
  const bool whole = file_size(file.get(), path) == bytes.size() &&
                     read_at(file.get(), 0, kept, path) == bytes.size();
  if (whole && std::ranges::equal(kept, bytes)) return true;
  throw Error(ErrorCode::kExists, path + " exists already, with other content: move it away", path);
}

}  // namespace

void keep_pack(const std::string& directory, const Id& pack, ByteView bytes) {
  const std::string path = join_path(directory, "pack-" + pack.hex());
  if (is_kept(path, bytes)) return;
  DurableFile file(path);
  file.write(bytes);
  file.publish(0600);
}

}  // namespace snapfs
