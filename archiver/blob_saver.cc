#include "archiver/blob_saver.h"

#include <utility>

#include "fs/crypto/sha256.h"

namespace snapfs {
namespace {

std::uint64_t packed_size(const SealedBlob& sealed) {
  return sealed.bytes.size() +
         header_entry_size(
             {.handle = sealed.handle, .uncompressed_length = sealed.uncompressed_length});
}

}  // namespace

SavedBlob BlobSaver::save(BlobType type, ByteView plain, Codec& codec, StopToken stop) {
  throw_if_stopped(stop);
  return store({type, sha256(plain)}, plain, codec, std::move(stop));
}

std::array<SavedBlob, 2> BlobSaver::save_pair(const std::array<ByteView, 2>& data, Codec& codec,
                                              const StopToken& stop) {
  throw_if_stopped(stop);
  const std::array<Id, 2> ids = sha256_pair(data[0], data[1]);
  return {store({BlobType::kData, ids[0]}, data[0], codec, stop),
          store({BlobType::kData, ids[1]}, data[1], codec, stop)};
}

SavedBlob BlobSaver::store(const BlobHandle& handle, ByteView plain, Codec& codec, StopToken stop) {
  if (!repository_.index().claim(handle)) return {handle.id, {}};
  packs_.wait_for_room(stop);
  const SealedBlob& sealed = codec.seal_blob(handle, plain);
  const AddedBytes added{plain.size(), packed_size(sealed)};
  packs_.add(sealed, codec, std::move(stop));  // may suspend: `sealed` is another one's afterwards
  if (handle.type == BlobType::kData) {
    statistics_.count_new_data(plain.size());
  } else {
    statistics_.count_new_tree(plain.size());
  }
  return {handle.id, added};
}

}  // namespace snapfs
