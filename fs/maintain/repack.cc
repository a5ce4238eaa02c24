#include "fs/maintain/repack.h"

#include <utility>

#include "fs/repo/repository.h"
#include "fs/store/blob_writer.h"

namespace snapfs {
namespace {

class Repacker final : public BlobReceiver {
 public:
  Repacker(Repository& repository, BlobWriter& writer, const StopToken& stop)
      : repository_(repository), writer_(writer), stop_(stop) {}

  void take_stored(const StoredBlob& blob, ByteView sealed) override {
    const CodecPool::Lease codec = repository_.codecs().borrow();
    const std::uint32_t length = blob.location.uncompressed_length;
    const ByteView content = codec->open_content(blob.handle, sealed, length);
    if (may_stay(*codec, blob)) {
      // What is read elsewhere under the same nonce is the same message: nothing is revealed.
      writer_.add_sealed({blob.handle, sealed, length}, stop_);
    } else if (length == 0) {
      writer_.add_anyway(blob.handle, content, stop_);
    } else {
      writer_.add_anyway(blob.handle, codec->open_blob(blob.handle, sealed, length), stop_);
    }
  }

  void take_plain(const BlobHandle& blob, ByteView plain) override {
    writer_.add_anyway(blob, plain, stop_);
  }

 private:
  static bool may_stay(const Codec& codec, const StoredBlob& blob) {
    const bool compressed = blob.location.uncompressed_length != 0;
    const bool empty = !compressed && blob.location.plaintext_length() == 0;
    return compressed ? codec.keeps_compressed() : empty || !codec.compresses(blob.handle.type);
  }

  Repository& repository_;
  BlobWriter& writer_;
  const StopToken& stop_;
};

}  // namespace

void repack(Repository& repository, const Index::Contents& contents,
            std::span<const PickedBlob> blobs, BlobWriter& writer, StopToken stop,
            const std::function<void()>& pack_done) {
  Repacker repacker(repository, writer, stop);
  stream_blobs(repository, contents, blobs, repacker, stop, pack_done);
}

}  // namespace snapfs
