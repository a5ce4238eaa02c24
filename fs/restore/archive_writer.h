// Archives written as they come: tar (pax) and zip, by libarchive.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "fs/base/byte_sink.h"
#include "fs/base/bytes.h"
#include "fs/tree/node.h"

namespace snapfs {

enum class ArchiveFormat { kTar, kZip };

/// Whether the format can hold such an entry: tar all but sockets, zip files, directories and
/// symlinks.
bool can_hold(ArchiveFormat format, NodeType type) noexcept;

/// Not thread-safe. Throws Error{kIo} when libarchive refuses something, and what the sink throws.
class ArchiveWriter {
 public:
  ArchiveWriter(ArchiveFormat format, ByteSink sink);
  ~ArchiveWriter();
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;

  /// Begins an entry with everything that the format can hold of it: times to the nanosecond,
  /// owners by name and number, extended attributes and with them ACLs, device numbers. `path` is
  /// relative and without a slash at the end; `size` is what content() will be given, for files.
  void begin(const std::string& path, const Node& node, std::uint64_t size);

  /// An entry that is another name of the file that was written as `target`.
  void link(const std::string& path, const Node& node, const std::string& target);

  /// More of the content of the file that was begun.
  void content(ByteView bytes);

  /// The end of the archive. Without it the archive is not complete.
  void finish();

 private:
  class Library;
  std::unique_ptr<Library> library_;
};

}  // namespace snapfs
