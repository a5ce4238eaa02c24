// A repository in memory: the twin of LocalBackend that tests use.
#pragma once

#include <map>

#include "fs/backend/backend.h"
#include "fs/base/synchronized.h"

namespace snapfs {

class MemoryBackend final : public Backend {
 public:
  void create(StopToken stop) override;
  void save(const FileKey& key, ByteView bytes, StopToken stop) override;
  Bytes load(const FileKey& key, std::optional<ByteRange> range, StopToken stop) override;
  std::optional<std::uint64_t> size(const FileKey& key, StopToken stop) override;
  void list(FileKind kind, const std::function<void(const FileInfo&)>& visit,
            StopToken stop) override;
  void remove(const FileKey& key, StopToken stop) override;
  unsigned connections() const noexcept override { return 4; }
  std::string location() const override { return "memory"; }

 private:
  Synchronized<std::map<FileKey, Bytes>> files_;
};

}  // namespace snapfs
