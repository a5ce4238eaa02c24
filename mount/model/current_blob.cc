#include "mount/model/current_blob.h"

#include "fs/base/error.h"
#include "fs/repo/repository.h"

namespace snapfs {

Bytes load_current_blob(Repository& repository, const BlobHandle& blob, const StopToken& stop) {
  try {
    return repository.load_blob(blob, stop);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kDamaged && error.code() != ErrorCode::kNotFound) throw;
  }
  repository.load_index(stop);
  return repository.load_blob(blob, stop);
}

}  // namespace snapfs
