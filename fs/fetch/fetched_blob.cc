// The rules. What concerns one copy (it is damaged, it is gone, the disk cannot read just these
// sectors) leads to the blob's other copies, blob by blob, since the rest of the run may be intact.
// Anything else is the failure of the whole run: storage that did not answer for a run of 200 blobs
// is not asked 200 times more. When there is no memory for a run, there may be for each of its
// blobs. Lack of memory stays lack of memory, and a stop stays a stop: neither is damage.
#include "fs/fetch/fetched_blob.h"

#include "fs/repo/repository.h"

namespace snapfs {
namespace {

std::vector<ByteRange> places_of(const PackRun& run) {
  std::vector<ByteRange> places;
  places.reserve(run.blobs.size());
  for (const StoredBlob& blob : run.blobs) {
    places.push_back({blob.location.offset, blob.location.length});
  }
  return places;
}

}  // namespace

void LoadedRun::load(Repository& repository) {
  try {
    throw_if_stopped(stop);
    const Content content = content_of(run.blobs.front().handle.type);
    bytes = repository.load_run(run.pack, ByteRange{run.begin(), run.length()}, places_of(run),
                                {content, urgency}, stop);
  } catch (...) {
    error = current_error();
  }
}

Bytes FetchedBlob::open() const {
  if (const auto bytes = sealed()) {
    try {
      return open(*bytes);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kDamaged) throw;
    }
  }
  return find_copy();
}

Bytes FetchedBlob::open_this() const {
  if (const auto bytes = sealed()) return open(*bytes);
  throw run_.error ? *run_.error : Error(ErrorCode::kNotFound, "it is in no index");
}

Bytes FetchedBlob::open(ByteView bytes) const {
  return repository_.codecs().borrow()->open_blob(blob_.handle, bytes,
                                                  blob_.location.uncompressed_length);
}

/// Nothing when it is to be looked for elsewhere.
std::optional<ByteView> FetchedBlob::sealed() const {
  throw_if_stopped(run_.stop);
  if (run_.error) {
    const bool was_too_large = run_.error->code() == ErrorCode::kOutOfResources;
    if (was_too_large || run_.error->concerns_one_copy()) return std::nullopt;
    throw *run_.error;
  }
  if (!run_.stored) return std::nullopt;
  return ByteView(run_.bytes)
      .subspan(blob_.location.offset - run_.run.begin(), blob_.location.length);
}

Bytes FetchedBlob::find_copy() const {
  return repository_.load_blob(blob_.handle, run_.stop, run_.urgency);
}

}  // namespace snapfs
