// Where the bytes of a snapshot come from: a tree of directories that is walked downwards from open
// handles, never by long paths, so that nobody who renames directories meanwhile can lead the walk
// elsewhere and no path is too long. Excludes and the snapshot's shape are not known here.
//
// Every failure is a SourceError; nothing here throws one that could be taken for a failure of the
// repository.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "archiver/source/metadata.h"
#include "fs/base/bytes.h"

namespace snapfs {

/// How many directories deep a source is followed: as deep as a path of 4,096 bytes can lead. Each
/// level takes a descriptor and a stack frame, which bounds what a hostile tree can ask for.
inline constexpr std::size_t kMaxDirectoryDepth = 2048;

/// An open regular file. Used by one thread at a time; may move between threads.
class SourceFile {
 public:
  virtual ~SourceFile() = default;

  /// As of the opening (FORMAT §13.5).
  virtual const SourceMetadata& metadata() const noexcept = 0;

  /// Where the file was found, for messages.
  virtual const std::string& path() const noexcept = 0;

  /// The next bytes: as many as fit `out`, fewer only at the end of the file, which the file's
  /// size need not foretell. Throws SourceError.
  virtual std::size_t read(MutByteView out) = 0;

  /// How many bytes from `offset` on are a hole of a sparse file: zeros that need not be read. 0
  /// when there is data, or when that cannot be told.
  virtual std::uint64_t hole_at(std::uint64_t /*offset*/) noexcept { return 0; }

  /// Goes on reading at `offset`, which lies in a hole or at its end.
  virtual void seek(std::uint64_t /*offset*/) noexcept {}

  /// What the open file is now, to be compared with `metadata`. Throws SourceError.
  virtual SourceMetadata current_metadata() const { return metadata(); }

  /// Tells the system that all of the file will be read once, in order. Only a hint.
  virtual void advise_sequential() noexcept = 0;

  /// Asks the system to fetch the file already, while others are being read. Only a hint, worth
  /// giving for small files: a window of 64 keeps a disk busy without more threads.
  virtual void prefetch() noexcept = 0;

  /// The extended attributes of the very file that is open. Does not throw SourceError.
  virtual SourceAttributes attributes() const = 0;
};

/// A handle of a directory. Holds one file descriptor. Every member except list() may be called by
/// several threads at once. `name` is always a single component, not "." or "..".
class SourceDir {
 public:
  virtual ~SourceDir() = default;

  /// As of the opening.
  virtual const SourceMetadata& metadata() const noexcept = 0;

  /// Where the directory was found, for messages.
  virtual const std::string& path() const noexcept = 0;

  /// The names in the directory without "." and "..", in byte order. A name that the file system
  /// lists twice is there twice. One thread at a time. Throws SourceError.
  virtual std::vector<std::string> list() = 0;

  /// What `name` is now; a symbolic link is not followed. Throws SourceError.
  virtual SourceMetadata lstat(const std::string& name) const = 0;

  /// Opens a regular file for reading without following a symbolic link and without changing its
  /// access time if that can be helped. Does not wait for the other end of a pipe, whatever `name`
  /// has become. Throws SourceError, also if it is not a regular file any more.
  virtual std::unique_ptr<SourceFile> open_file(const std::string& name) const = 0;

  /// Opens a directory below this one; a symbolic link is refused. Throws SourceError.
  virtual std::unique_ptr<SourceDir> open_dir(const std::string& name) const = 0;

  /// Passes through a directory above a target: symbolic links are followed, and no permission to
  /// list it is needed (FORMAT §13.1). Throws SourceError.
  virtual std::unique_ptr<SourceDir> enter(const std::string& name) const = 0;

  /// Whether the file system sees to it that a change of an entry's extended attributes changes
  /// its change time, too, so that the attributes of an item whose time is the same are known.
  virtual bool ctime_covers_attributes() const noexcept = 0;

  /// The target of a symbolic link. Throws SourceError.
  virtual std::string read_link(const std::string& name) const = 0;

  /// The extended attributes of `name`, which is neither opened nor followed. Does not throw
  /// SourceError.
  virtual SourceAttributes attributes(const std::string& name) const = 0;

  /// The extended attributes of this directory itself. Does not throw SourceError.
  virtual SourceAttributes attributes() const = 0;
};

/// Thread-safe. Paths are absolute, or relative to the source's working directory.
class SourceFs {
 public:
  virtual ~SourceFs() = default;

  /// Passes to the directory `path`, as SourceDir::enter does. Throws SourceError.
  virtual std::unique_ptr<SourceDir> enter(const std::string& path) const = 0;

  /// What `path` is; the last component is not followed. Throws SourceError.
  virtual SourceMetadata lstat(const std::string& path) const = 0;

  /// The names in the directory `path` in byte order; symbolic links are followed, as above a
  /// target. Throws SourceError.
  virtual std::vector<std::string> list(const std::string& path) const = 0;
};

}  // namespace snapfs
