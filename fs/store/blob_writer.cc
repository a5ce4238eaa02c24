#include "fs/store/blob_writer.h"

#include "fs/repo/repository.h"

namespace snapfs {

BlobWriter::BlobWriter(Repository& repository, const Clock& clock, std::size_t pack_bytes)
    : repository_(repository),
      indexes_(repository, clock),
      saver_(repository, indexes_),
      uploader_(saver_, repository.files().traits().pack_transfers),
      packs_(uploader_, pack_bytes) {}

bool BlobWriter::add(const BlobHandle& blob, ByteView plain, StopToken stop) {
  if (!repository_.index().claim(blob)) return false;
  add_anyway(blob, plain, std::move(stop));
  return true;
}

void BlobWriter::add_anyway(const BlobHandle& blob, ByteView plain, StopToken stop) {
  const CodecPool::Lease codec = repository_.codecs().borrow();
  packs_.add(codec->seal_blob(blob, plain), *codec, std::move(stop));
}

void BlobWriter::add_content(const BlobHandle& blob, ByteView content,
                             std::uint32_t uncompressed_length, StopToken stop) {
  const CodecPool::Lease codec = repository_.codecs().borrow();
  packs_.add(codec->seal_content(blob, content, uncompressed_length), *codec, std::move(stop));
}

void BlobWriter::add_sealed(const SealedView& blob, StopToken stop) {
  const CodecPool::Lease codec = repository_.codecs().borrow();
  packs_.add(blob, *codec, std::move(stop));
}

void BlobWriter::flush(StopToken stop) {
  {
    const CodecPool::Lease codec = repository_.codecs().borrow();
    packs_.flush(*codec, stop);
  }
  uploader_.finish(stop);
  indexes_.flush(stop);
}

}  // namespace snapfs
