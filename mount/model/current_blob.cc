#include "mount/model/current_blob.h"

#include "fs/base/error.h"
#include "fs/repo/repository.h"

namespace snapfs {

Bytes load_current_blob(Repository& repository, const BlobHandle& blob, const StopToken& stop) {
  const std::uint64_t before = repository.index().version();
  try {
    return repository.load_blob(blob, stop);
  } catch (const Error& error) {
    if (!error.means_loss()) throw;
    repository.load_index(stop);
    // Without a new pack it is the same damage, and was looked at twice.
    if (repository.index().version() == before) throw;
  }
  return repository.load_blob(blob, stop);
}

}  // namespace snapfs
