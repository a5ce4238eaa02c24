// A repository on a server that speaks restic's REST protocol, such as rest-server, or rclone with
// "serve restic".
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fs/backend/backend.h"
#include "fs/backend/http/http_client.h"
#include "fs/backend/rest/rest_location.h"
#include "fs/base/timer.h"

namespace snapfs {

class RestBackend final : public Backend {
 public:
  /// Under way at once, unless the user says otherwise: a round trip of 20 ms at 100 Mbit/s holds
  /// 250 kB, which are 32 small files of 8 kB.
  static constexpr unsigned kRequests = 32;

  /// Of whole packs, at most: as many as restic's. One fills the link; the others are there for the
  /// time between its last byte and the answer.
  static constexpr unsigned kPackTransfers = 5;

  /// The timer must outlive it.
  RestBackend(std::unique_ptr<HttpClient> client, RestLocation location,
              unsigned requests = kRequests, Timer& timer = steady_timer());

  void create(const StopToken& stop) override;

  using Backend::save;
  /// Servers refuse to replace a file: one that is there is compared, and removed when it is
  /// another. Error{kPermission} where an append-only server keeps it.
  void save(const FileKey& key, ByteView bytes, Content content, const StopToken& stop) override;
  Bytes load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose purpose,
             const StopToken& stop) override;
  std::optional<std::uint64_t> size(const FileKey& key, const StopToken& stop) override;
  std::vector<FileInfo> list(FileKind kind, const StopToken& stop) override;

  /// Whether there was such a file is not told (http_removal.h).
  void remove(const FileKey& key, const StopToken& stop) override;
  StorageTraits traits() const noexcept override;
  std::string location() const override { return location_.shown; }

 private:
  HttpRequest request(std::string_view method, std::string_view path, FileKind kind) const;
  HttpResponse get(const FileKey& key, const std::string& range, std::size_t longest_answer,
                   const StopToken& stop);
  HttpResponse post(const FileKey& key, ByteView bytes, const StopToken& stop);
  Bytes load_whole(const FileKey& key, const StopToken& stop);
  Bytes load_range(const FileKey& key, ByteRange range, const StopToken& stop);
  void replace(const FileKey& key, ByteView bytes, const StopToken& stop);
  void put_back(const FileKey& key, ByteView old);
  bool is_stored(const FileKey& key, ByteView bytes, const StopToken& stop);
  std::vector<FileInfo> with_sizes(FileKind kind, const std::vector<Id>& ids,
                                   const StopToken& stop);

  [[noreturn]] void fail(const HttpResponse& response, std::string_view action,
                         const FileKey& key) const;
  std::string describe_call(std::string_view action, const FileKey& key) const;

  const std::unique_ptr<HttpClient> client_;
  const RestLocation location_;
  const unsigned requests_;
  const std::string authorization_;  ///< the header's value; empty: it is not sent
  Timer& timer_;
};

}  // namespace snapfs
