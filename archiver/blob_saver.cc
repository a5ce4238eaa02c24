#include "archiver/blob_saver.h"

#include <utility>

#include "fs/crypto/sha256.h"

namespace snapfs {

Id BlobSaver::save(BlobType type, ByteView plain, Codec& codec, StopToken stop) {
  throw_if_stopped(stop);
  const BlobHandle handle{type, sha256(plain)};
  if (!repository_.index().claim(handle)) return handle.id;
  packs_.add(codec.seal_blob(handle, plain), codec, std::move(stop));
  if (type == BlobType::kData) {
    statistics_.count_new_data(plain.size());
  } else {
    statistics_.count_new_tree(plain.size());
  }
  return handle.id;
}

}  // namespace snapfs
