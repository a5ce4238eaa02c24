// A repository in memory: the twin of LocalBackend that tests use.
#pragma once

#include <map>

#include "fs/backend/backend.h"
#include "fs/base/core_count.h"
#include "fs/base/synchronized.h"

namespace snapfs {

class MemoryBackend final : public Backend {
 public:
  void create(const StopToken& stop) override;
  using Backend::save;
  void save(const FileKey& key, ByteView bytes, Content content, const StopToken& stop) override;
  Bytes load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose purpose,
             const StopToken& stop) override;
  std::optional<std::uint64_t> size(const FileKey& key, const StopToken& stop) override;
  std::vector<FileInfo> list(FileKind kind, const StopToken& stop) override;
  void remove(const FileKey& key, const StopToken& stop) override;
  /// As near as storage gets: more requests than cores would only wait for each other.
  StorageTraits traits() const noexcept override {
    return {.requests = static_cast<unsigned>(core_count()), .pack_transfers = 4};
  }
  std::string location() const override { return "memory"; }

 private:
  Synchronized<std::map<FileKey, Bytes>> files_;
};

}  // namespace snapfs
