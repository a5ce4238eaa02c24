// A repository in a bucket of an object store with Amazon's protocol: Amazon itself, Ceph, MinIO,
// Backblaze, Wasabi and many others. Keys are restic's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fs/backend/backend.h"
#include "fs/backend/environment_lookup.h"
#include "fs/backend/http/http_client.h"
#include "fs/backend/options.h"
#include "fs/backend/s3/s3_client.h"
#include "fs/backend/s3/s3_credentials.h"
#include "fs/backend/s3/s3_location.h"
#include "fs/base/timer.h"
#include "fs/time/clock.h"

namespace snapfs {

struct S3Options {
  static constexpr unsigned kRequests = 32;      ///< under way at once; as RestBackend's
  static constexpr unsigned kPackTransfers = 5;  ///< of whole packs, at most; the same

  S3BucketLookup lookup = S3BucketLookup::kAuto;
  std::optional<std::string> region = {};  ///< nothing: see S3Client::Place
  /// Empty: the bucket's own. One that archives is for packs of data alone.
  std::string storage_class = {};
  bool lists_by_version_1 = false;
  bool anonymous = false;
  unsigned requests = kRequests;

  /// What the options -o s3.… say. Throws Error{kUsage} for one that there is not, or a value that
  /// cannot be, kUnsupported for those of restic that this program does not have.
  static S3Options take(BackendOptions options);
};

class S3Backend final : public Backend {
 public:
  /// Asks nothing yet. Clock and timer must outlive it. Of the variables there are those of
  /// FoundCredentials, and AWS_REGION and AWS_DEFAULT_REGION, for where neither the options nor the
  /// host's name say a region.
  S3Backend(std::unique_ptr<HttpClient> http, const S3Location& location, S3Options options,
            const EnvironmentLookup& variables, const Clock& clock, Timer& timer = steady_timer());

  /// Makes the bucket when it is not there.
  void create(const StopToken& stop) override;
  using Backend::save;
  void save(const FileKey& key, ByteView bytes, Content content, const StopToken& stop) override;
  Bytes load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose purpose,
             const StopToken& stop) override;
  std::optional<std::uint64_t> size(const FileKey& key, const StopToken& stop) override;
  std::vector<FileInfo> list(FileKind kind, const StopToken& stop) override;

  /// Whether there was such a file is not told: most object stores do not say so, and what the
  /// others say need not be about this request (http_removal.h).
  void remove(const FileKey& key, const StopToken& stop) override;
  StorageTraits traits() const noexcept override;
  std::string location() const override { return client_.location().shown(); }

 private:
  HttpResponse get(const FileKey& key, std::string range, std::uint64_t longest_answer,
                   const StopToken& stop);
  Bytes load_whole(const FileKey& key, const StopToken& stop);
  Bytes load_range(const FileKey& key, ByteRange range, const StopToken& stop);
  bool bucket_exists(const StopToken& stop);
  void make_bucket(const StopToken& stop);

  [[noreturn]] void fail(const HttpResponse& response, std::string_view action,
                         const FileKey& key) const;
  /// Whether the file is stored in the class that the options name.
  bool takes_class(const FileKey& key, Content content) const;
  std::string describe_call(std::string_view action, const FileKey& key) const;

  const std::unique_ptr<HttpClient> http_;
  const S3Options options_;
  const std::unique_ptr<S3CredentialSource> credentials_;
  S3Client client_;
};

}  // namespace snapfs
