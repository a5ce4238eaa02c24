// A blob of a run that was loaded, or that could not be: the one place that decides what a failure
// of the storage means for the blobs that were asked for.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "fs/backend/load_purpose.h"
#include "fs/base/bytes.h"
#include "fs/base/error.h"
#include "fs/base/stop_token.h"
#include "fs/fetch/pack_run.h"

namespace snapfs {

class Repository;

/// A run of a pack, as it came from the storage. Immutable once it is loaded.
struct LoadedRun {
  PackRun run;
  Bytes bytes;
  std::optional<Error> error;  ///< why there are no bytes
  bool stored = true;  ///< it is in an index, where it says; others are looked for one by one
  Urgency urgency = Urgency::kBulk;
  StopToken stop;

  /// Fetches the bytes. Throws only when there is not even memory for an Error: what else fails is
  /// in `error`.
  void load(Repository& repository);
};

/// Valid as long as the run. Thread-safe.
class FetchedBlob {
 public:
  FetchedBlob(Repository& repository, const LoadedRun& run, const StoredBlob& blob) noexcept
      : repository_(repository), run_(run), blob_(blob) {}

  const BlobHandle& handle() const noexcept { return blob_.handle; }
  const StoredBlob& stored() const noexcept { return blob_; }
  std::size_t tag() const noexcept { return blob_.tag; }

  /// The plaintext, authenticated: of another copy where this one is damaged, gone, or in a bad
  /// sector. Throws what Repository::load_blob throws; what the storage said when it gave no bytes
  /// for another reason, which would be no better for other copies.
  Bytes open() const;

  /// The plaintext of this copy, authenticated, or why there is none.
  Bytes open_this() const;

  /// Calls `take_sealed(const StoredBlob&, ByteView sealed)` with the bytes as they are stored, not
  /// looked at yet; when that throws Error{kDamaged}, or there are none, `take_plain(Bytes)` with
  /// what another copy holds. Throws as open() does, and what they throw.
  template <class TakeSealed, class TakePlain>
  void use(const TakeSealed& take_sealed, const TakePlain& take_plain) const {
    if (const auto bytes = sealed()) {
      try {
        return take_sealed(blob_, *bytes);
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kDamaged) throw;
      }
    }
    take_plain(find_copy());
  }

 private:
  std::optional<ByteView> sealed() const;
  Bytes open(ByteView bytes) const;
  Bytes find_copy() const;

  Repository& repository_;
  const LoadedRun& run_;
  const StoredBlob& blob_;
};

}  // namespace snapfs
