// What was read of a repository before anybody asked for it, while there was nothing to do but to
// wait: listings and small files, each handed out once. It stands for what the storage said at that
// moment; whether that is good enough is for those to know who had it read.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "fs/backend/backend.h"
#include "fs/backend/file_key.h"
#include "fs/base/bytes.h"
#include "fs/base/synchronized.h"

namespace snapfs {

/// Thread-safe.
class EarlyFiles {
 public:
  void clear() { *kept_.lock() = {}; }
  void forget_lists() { kept_.lock()->lists.clear(); }
  void forget(FileKind kind) {
    const auto kept = kept_.lock();
    kept->lists.erase(kind);
    std::erase_if(kept->files, [kind](const auto& file) { return file.first.first == kind; });
  }
  void add_list(FileKind kind, std::vector<FileInfo> files) {
    kept_.lock()->lists[kind] = std::move(files);
  }
  void add(const FileKey& key, Bytes bytes) {
    kept_.lock()->files[{key.kind, key.id}] = std::move(bytes);
  }

  std::optional<std::vector<FileInfo>> take_list(FileKind kind) {
    const auto kept = kept_.lock();
    return take(kept->lists, kind);
  }
  std::optional<Bytes> take(const FileKey& key) {
    const auto kept = kept_.lock();
    return take(kept->files, {key.kind, key.id});
  }

 private:
  struct Kept {
    std::map<FileKind, std::vector<FileInfo>> lists;
    std::map<std::pair<FileKind, Id>, Bytes> files;
  };

  template <class Map>
  static std::optional<typename Map::mapped_type> take(Map& map,
                                                       const typename Map::key_type& key) {
    auto node = map.extract(key);
    if (node.empty()) return std::nullopt;
    return std::move(node.mapped());
  }

  Synchronized<Kept> kept_;
};

}  // namespace snapfs
