// A repository in a directory of a host that ssh reaches: laid out as LocalBackend does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "fs/backend/backend.h"
#include "fs/backend/sftp/sftp_location.h"
#include "fs/backend/sftp/sftp_path.h"
#include "fs/backend/sftp/sftp_pool.h"
#include "fs/base/rate_limit.h"
#include "fs/base/synchronized.h"

namespace snapfs {

class SftpBackend final : public Backend {
 public:
  /// How many connections there are at most, unless the user says otherwise: as many as restic's,
  /// and half of the ten that sshd lets in at once before it turns some away (MaxStartups).
  static constexpr unsigned kConnections = 5;

  /// Connects to nothing yet. Modes follow the config file's (FORMAT §1.2), but that files keep the
  /// owner's permission to write, as restic's do there. Content but that of locks moves at no more
  /// than the rates: bytes a second, 0 for as fast as it goes. The timer must outlive it.
  SftpBackend(const SftpLocation& location, SftpStart start, unsigned connections = kConnections,
              std::uint64_t upload_rate = 0, std::uint64_t download_rate = 0,
              Timer& timer = steady_timer());

  void create(const StopToken& stop) override;
  using Backend::save;
  void save(const FileKey& key, ByteView bytes, Content content, const StopToken& stop) override;
  Bytes load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose purpose,
             const StopToken& stop) override;
  std::optional<std::uint64_t> size(const FileKey& key, const StopToken& stop) override;
  std::vector<FileInfo> list(FileKind kind, const StopToken& stop) override;
  void remove(const FileKey& key, const StopToken& stop) override;
  StorageTraits traits() const noexcept override;
  std::string location() const override { return root_.shown; }

 private:
  struct Modes {
    std::uint32_t directory = 0700;
    std::uint32_t file = 0600;
  };

  /// Calls `ask` with a call to the server. What it fails with names the place.
  template <class Ask>
  auto asked(const StopToken& stop, const Ask& ask);

  SftpPath path(const FileKey& key) const { return root_ / path_of(key); }
  Modes modes(SftpCall& call);
  std::vector<FileInfo> list_packs(SftpCall& call) const;

  const SftpPath root_;
  const unsigned connections_;
  RateLimit upload_;
  RateLimit download_;
  SftpPool pool_;
  Synchronized<std::optional<Modes>> modes_;
};

}  // namespace snapfs
