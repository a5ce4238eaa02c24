// Which parts of a file that is there already are what the snapshot wants, told by their digests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/format/blob.h"
#include "fs/repo/repository.h"

namespace snapfs {

/// A blob of a file's content, and where it is stored.
struct ContentBlob {
  Id id;
  BlobLocation location;
};

/// Where all of it is stored. Throws Error{kNotFound} naming a blob that no index has.
std::vector<ContentBlob> locate_content(const Repository& repository,
                                        const std::vector<Id>& content);

/// The size of the whole, in bytes.
std::uint64_t content_size(const std::vector<ContentBlob>& content) noexcept;

/// For each blob whether the file has exactly these bytes in its place. What lies beyond the file's
/// end does not match.
std::vector<bool> matching_blobs(int fd, const std::vector<ContentBlob>& content,
                                 const StopToken& stop);

}  // namespace snapfs
