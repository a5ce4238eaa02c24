// A file's content on its way from and to a server: many small requests at once, so that the way
// back and forth is waited for twice or three times, however long the file is.
#pragma once

#include <cstdint>
#include <optional>

#include "fs/backend/backend.h"
#include "fs/backend/sftp/sftp_call.h"
#include "fs/backend/sftp/sftp_path.h"
#include "fs/base/rate_limit.h"

namespace snapfs {

/// As Backend::load of the file at `path`; two round trips for a short range. Whatever is asked for
/// waits for its turn under `limit`, which may be null.
Bytes download(SftpCall& call, const SftpPath& path, const FileKey& key,
               const std::optional<ByteRange>& range, RateLimit* limit);

struct UploadWay {
  std::uint32_t mode = 0600;
  RateLimit* limit = nullptr;  ///< each part waits for its turn under it; null: none does

  /// Whether a file of that name, where the server cannot replace it in one step, may be removed
  /// before the new one takes its place: it is lost should the connection break in between.
  bool may_be_away = true;
};

/// As Backend::save: under another name first, in a directory that is there, synced where the
/// server can, then renamed. Nothing is left under that name unless the connection breaks.
/// Error{kNotFound} when there is no such directory, kUnsupported when a file is in the way that
/// may not be away.
void upload(SftpCall& call, const SftpPath& path, ByteView bytes, const UploadWay& how);

}  // namespace snapfs
