// Files that appear whole or not at all, and survive a power cut once they did: written under
// another name, synced, renamed, with their directory synced after that. What files mean, and how
// they are called, is their owners' business.
#pragma once

#include <string>

#include "fs/base/bytes.h"
#include "fs/base/file.h"

namespace snapfs {

/// The directory a path is in: "/" for the root's own entries, "." for a name without a slash.
std::string parent_directory(const std::string& path);

/// Makes the names in a directory durable. Does nothing where the file system cannot, or where
/// the directory may be written to but not read (FORMAT §1.3).
void sync_directory(const std::string& path);

/// A file under a name of its own in the directory of the final one, gone unless it is published.
class DurableFile {
 public:
  /// Makes the file, for the owner only. Error{kNotFound} when there is no such directory.
  explicit DurableFile(const std::string& final_path);
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;
  ~DurableFile();

  /// All of it: called once.
  void write(ByteView bytes);

  /// Syncs, sets the permissions, renames, and makes the rename durable. The mode comes before the
  /// name, so that the file never has others under its own. What had the name before is replaced.
  void publish(unsigned mode);

 private:
  std::string final_path_;
  std::string path_;  ///< empty once published
  UniqueFd fd_;
};

}  // namespace snapfs
