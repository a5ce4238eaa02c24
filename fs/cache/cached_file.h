// The files of the cache: what their names say, and how one is read, written and let go of. What is
// in them is others' business, and checked by them.
//
//   <cache>/CACHEDIR.TAG                          backup programs leave the directory out
//   <cache>/<repository>.index                    the mapped copy of an index (index_cache.h)
//   <cache>/<repository>/version                  "1"
//   <cache>/<repository>/packs-compared           empty: its time says when the index was last
//   asked
//                                                 which packs there are
//   <cache>/<repository>/index/<2 digits>/<id>    stored files, whole; so in snapshots/, and in
//   <cache>/<repository>/data/<2 digits>/<id>     data/ packs of trees
//   <cache>/<repository>/data/<2 digits>/<id>-<offset>-<length>   a part of such a pack
//   <cache>/<repository>/content/...              parts of packs of data, if they are wanted
//
// But for the index, parts and content that is how restic lays out a cache of its own (FORMAT §18),
// and it passes over what it does not know, so that both programs may use one directory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fs/backend/backend.h"
#include "fs/base/bytes.h"
#include "fs/base/file.h"
#include "fs/base/id.h"
#include "fs/time/timestamp.h"

namespace snapfs {

/// Opens a file of a cache for reading. Empty when it is not there or is no regular file; never
/// waits, as for the writer of a FIFO that somebody put in its place.
UniqueFd open_cache_file(const std::string& path) noexcept;

/// Which file, and which part of it; the whole without one.
struct CachedName {
  Id id;
  std::optional<ByteRange> part;

  /// Nothing when no file of the cache is called so.
  static std::optional<CachedName> parse(std::string_view text);
  std::string text() const;
};

/// Files under such names in one directory. Each appears whole, by a rename, or not at all, so that
/// any number of processes can share the directory; after a power cut one may be of zeros. Thread-
/// safe.
class CachedFiles {
 public:
  /// It need not exist; it is made, with those above it, when something is stored.
  explicit CachedFiles(std::string directory) : directory_(std::move(directory)) {}

  /// For reading; nothing when there is no such file, or it is none, or a part has another length
  /// than its name says. Counts as a use.
  UniqueFd open(const CachedName& name) const;

  /// When it was opened or stored last, to the hour; nothing when there is no such file.
  std::optional<Timestamp> last_used(const CachedName& name) const noexcept;

  /// Throws Error.
  void store(const CachedName& name, ByteView bytes) const;

  /// Nothing when there is no such file.
  void remove(const CachedName& name) const noexcept;

  /// Of those whose ID begins with the byte.
  std::vector<CachedName> list(std::uint8_t first_byte) const;
  std::vector<CachedName> list() const;

 private:
  std::string folder(std::uint8_t first_byte) const;
  std::string path(const CachedName& name) const;

  std::string directory_;
};

/// What such a file is called while it is written. One that is older than a day was left by a
/// program that was killed.
inline constexpr std::string_view kUnfinished = "tmp-";

/// Makes the directory of a cache and marks it as one: only its owner may look into it. Throws
/// Error.
void make_cache(const std::string& directory);

/// Writes a file under another name first, in the same directory, so that nobody ever sees half of
/// one. It is not synced: nothing is lost with it. Throws Error.
void replace_file(const std::string& path, ByteView bytes);

}  // namespace snapfs
