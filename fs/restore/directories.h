// The directories that a restore is working in, from when they are found until all below them is
// done, and a bounded number of them open.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "fs/base/file.h"
#include "fs/restore/metadata.h"
#include "fs/restore/target_fs.h"

namespace snapfs {

/// One directory of the snapshot and its place in the target.
struct Directory {
  enum class State : std::uint8_t {
    kUnknown,   ///< not asked for yet: made when something in it is restored
    kMissing,   ///< not there, and in a dry run it stays so
    kFresh,     ///< made by this run, so that nothing is in it
    kExisting,  ///< was there before
    kFailed,    ///< cannot be made; nothing below it is restored
  };

  Directory* parent = nullptr;  ///< null: the target itself
  std::string name;
  TargetMetadata metadata;
  std::vector<std::string> unexpected;  ///< entries to be deleted in the end
  std::atomic<State> state = State::kUnknown;
  std::atomic<bool> wanted = false;    ///< it, or something below it, is restored
  std::atomic<bool> inherits = false;  ///< new entries may get extended attributes by themselves
  std::atomic<bool> inherits_known = false;
  bool selected = false;  ///< it is restored itself
  bool partial = false;   ///< not all that was in it is in the snapshot
  /// The file system of the target ends at this directory, or above: where the other one begins.
  Directory* mount = nullptr;
  std::atomic<bool> mount_told = false;  ///< that nothing is deleted in what is mounted here

  /// What is left to do: one for listing it, one for each entry that is not done.
  std::atomic<std::uint32_t> pending = 1;
};

/// How many descriptors this process may have.
std::size_t descriptor_limit() noexcept;

/// "/etc/ssl": where `name`, which may be empty, lies below the target.
std::string path_in(const Directory& directory, const std::string& name);

/// Owns the records. Thread-safe.
class Directories {
 public:
  using Handle = std::shared_ptr<const UniqueFd>;

  /// `root` is the target, null when it does not exist; `target` must outlive this.
  Directories(TargetFs& target, UniqueFd root);

  Directory& root() noexcept { return root_; }

  /// The parent has one more thing to do.
  Directory& add(Directory& parent, std::string name);

  /// Closes and frees a directory that is done.
  void remove(Directory& directory);

  /// The directory, open. Every component is opened by itself, without following links; Error when
  /// one of them is not there any more.
  Handle open(const Directory& directory);

 private:
  struct Open {
    Handle handle;
    std::list<const Directory*>::iterator use;
  };

  Handle cached(const Directory& directory);
  Handle keep(const Directory& directory, UniqueFd fd);

  TargetFs& target_;
  const std::size_t most_open_;
  Directory root_;
  Handle root_handle_;
  std::mutex records_mutex_;
  std::unordered_map<const Directory*, std::unique_ptr<Directory>> records_;
  std::mutex open_mutex_;
  std::unordered_map<const Directory*, Open> open_;
  std::list<const Directory*> uses_;  ///< the latest first
};

}  // namespace snapfs
