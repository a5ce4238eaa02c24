// The files that are being written, a bounded number of them open. Creating or preparing a file
// happens here, once, when its first blob has come.
#pragma once

#include <array>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "fs/base/file.h"
#include "fs/restore/context.h"
#include "fs/restore/plan.h"

namespace snapfs {

/// Thread-safe.
class OpenFiles {
 public:
  using Handle = std::shared_ptr<const UniqueFd>;

  explicit OpenFiles(const RestoreContext& context);

  /// The file, open for writing. Throws Error.
  Handle open(FileItem& file);

  /// No more blobs come: it is open no longer than the handles are.
  void forget(const FileItem& file);

  /// Of a file that is left incomplete: the room that was set aside for what it does not have. What
  /// it has stays, so that a later run can go on. Never throws but when cancelled.
  void give_back(FileItem& file);

 private:
  static constexpr std::size_t kShards = 16;

  struct Open {
    Handle handle;
    std::list<const FileItem*>::iterator use;
  };
  /// Files by address, so that creating one keeps few others waiting.
  struct Shard {
    std::mutex mutex;
    std::unordered_map<const FileItem*, Open> open;
    std::list<const FileItem*> uses;  ///< the latest first
  };

  Shard& shard_of(const FileItem& file);
  UniqueFd open_now(FileItem& file) const;
  UniqueFd create(int directory, FileItem& file) const;
  UniqueFd update(int directory, const FileItem& file) const;

  const RestoreContext& context_;
  const std::size_t most_open_in_shard_;
  std::array<Shard, kShards> shards_;
};

}  // namespace snapfs
