// A backend that is read but never written: for runs that only show what they would do.
#pragma once

#include <string>

#include "fs/backend/backend.h"

namespace snapfs {

/// Passes reading on to another backend; what is written or removed vanishes, so it cannot be read
/// back either. Thread-safe.
class DryRunBackend final : public Backend {
 public:
  /// `stored` must outlive this.
  explicit DryRunBackend(Backend& stored) : stored_(stored) {}

  void create(const StopToken& stop) override;
  using Backend::save;
  void save(const FileKey& key, ByteView bytes, Content content, const StopToken& stop) override;
  Bytes load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose purpose,
             const StopToken& stop) override;
  std::optional<std::uint64_t> size(const FileKey& key, const StopToken& stop) override;
  std::vector<FileInfo> list(FileKind kind, const StopToken& stop) override;
  void remove(const FileKey& key, const StopToken& stop) override;
  StorageTraits traits() const noexcept override { return stored_.traits(); }
  std::string location() const override { return stored_.location(); }

 private:
  Backend& stored_;
};

}  // namespace snapfs
