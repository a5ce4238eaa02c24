// Index files read piece by piece (FORMAT §7.1): a pack of small files alone makes twenty million
// bytes of JSON, which are never held at once.
#pragma once

#include <functional>
#include <memory>

#include "fs/base/bytes.h"
#include "fs/format/pack.h"

namespace snapfs {

/// Not thread-safe. One file, in pieces of any size.
class IndexReader {
 public:
  using Visit = std::function<void(const PackDescription&)>;

  /// `visit` is called for each pack as soon as its description is complete.
  IndexReader(unsigned version, Visit visit);
  ~IndexReader();
  IndexReader(const IndexReader&) = delete;
  IndexReader& operator=(const IndexReader&) = delete;

  /// Throws Error{kDamaged} for text that is not an index, or that lists compressed blobs in a
  /// version 1 repository; and what `visit` throws. No call may follow that.
  void write(ByteView piece);

  /// There is no more. Throws Error{kDamaged} when the text is not complete.
  void finish();

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

/// A file that is in memory anyway. Throws what the reader throws.
void parse_index(ByteView json, unsigned version, const IndexReader::Visit& visit);

}  // namespace snapfs
