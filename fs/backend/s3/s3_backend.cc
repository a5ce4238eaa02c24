// Every file is one object, and one PUT makes it whole or not at all. What the protocol does not
// have are directories, so that nothing needs to be made but the bucket, and a word about what was
// not there to be deleted. A HEAD is answered without a body, so that a failure says nothing but
// its status: where that leaves open what is wrong, the first byte is asked for, for the sake of
// the words.
#include "fs/backend/s3/s3_backend.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fs/backend/http/content_range.h"
#include "fs/backend/http/http_removal.h"
#include "fs/backend/s3/s3_listing.h"
#include "fs/backend/s3/s3_xml.h"
#include "fs/backend/stored_range.h"
#include "fs/base/ascii_case.h"
#include "fs/base/error.h"
#include "fs/crypto/base64.h"
#include "fs/crypto/md5.h"

namespace snapfs {
namespace {

/// The room for a failure's words.
constexpr std::uint64_t kLongestFailure = 64 << 10;

std::string content_md5(ByteView bytes) {
  std::string text;
  append_base64(text, md5(bytes));
  return text;
}

/// Of a HEAD: statuses that stand for several things, which the words of an answer tell apart.
bool may_say_more(int status) {
  return status == 400 || status == 403 || status == 404 || status == 409;
}

/// The reason of an answer that something is not there; empty for any other answer, and when a
/// proxy that knows nothing of the storage says 404.
std::string missing_code(const HttpResponse& response) {
  return response.status == 404 ? parse_s3_failure(response.body).code : std::string();
}

/// Of a file.
bool says_missing(const HttpResponse& response) { return missing_code(response) == "NoSuchKey"; }

/// Of a file, or of all files.
bool says_missing_or_no_bucket(const HttpResponse& response) {
  const std::string code = missing_code(response);
  return code == "NoSuchKey" || code == "NoSuchBucket";
}

std::unique_ptr<S3CredentialSource> make_source(bool anonymous, EnvironmentLookup variables,
                                                HttpClient& http, const Clock& clock, Timer& timer,
                                                std::optional<std::string> region) {
  if (anonymous) return std::make_unique<NoCredentials>();
  return std::make_unique<FoundCredentials>(std::move(variables), http, clock, timer,
                                            std::move(region).value_or(""));
}

std::optional<std::string> region_of_variables(const EnvironmentLookup& variables) {
  auto region = variables("AWS_REGION");
  return region ? region : variables("AWS_DEFAULT_REGION");
}

/// What the user says first, then what the host's name says, then what holds for all buckets.
std::optional<std::string> choose_region(const S3Location& location, const S3Options& options,
                                         const EnvironmentLookup& variables) {
  if (options.region) return options.region;
  const auto region = location.region_of_host();
  return region ? region : region_of_variables(variables);
}

/// A class from which nothing can be read before it was asked for hours earlier. Only packs of data
/// go there: whatever else a repository has is read by every command.
bool is_archive(std::string_view storage_class) {
  return equals_in_any_case(storage_class, "GLACIER") ||
         equals_in_any_case(storage_class, "DEEP_ARCHIVE");
}

/// restic's way to have archived packs brought back, which it calls experimental.
void refuse_restores(BackendOptions& options) {
  for (const std::string_view name :
       {"enable-restore", "restore-days", "restore-tier", "restore-timeout"}) {
    if (!options.take(name)) continue;
    throw Error(ErrorCode::kUnsupported,
                fmt::format("--option s3.{}: this program does not bring back what is archived: "
                            "restore the objects below data/ with the tools of the storage, such "
                            "as \"aws s3api restore-object\", then run this without the option",
                            name));
  }
}

}  // namespace

S3Options S3Options::take(BackendOptions options) {
  S3Options taken;
  taken.requests = options.take_count("connections", kRequests);
  taken.region = options.take("region");
  if (taken.region && taken.region->empty()) taken.region.reset();
  taken.lookup = parse_bucket_lookup(options.take("bucket-lookup").value_or(""));
  taken.storage_class = options.take("storage-class").value_or("");
  refuse_restores(options);
  taken.lists_by_version_1 = options.take_flag("list-objects-v1");
  taken.anonymous = options.take_flag("unsafe-anonymous-auth");
  (void)options.take_count("retries", 1);  // what is made again, and how often, is one rule for all
  options.finish();
  return taken;
}

S3Backend::S3Backend(std::unique_ptr<HttpClient> http, const S3Location& location,
                     S3Options options, const EnvironmentLookup& variables, const Clock& clock,
                     Timer& timer)
    : http_(std::move(http)),
      options_(std::move(options)),
      credentials_(make_source(options_.anonymous, variables, *http_, clock, timer,
                               choose_region(location, options_, variables))),
      client_(*http_, *credentials_, clock,
              {location, options_.lookup, choose_region(location, options_, variables)}) {}

// The first byte of an object takes 20 to 100 ms to come, in which 100 Mbit/s are up to a megabyte.
// What is worth one request is bounded by what one reader holds of it at once.
StorageTraits S3Backend::traits() const noexcept {
  return {.requests = options_.requests,
          .pack_transfers = std::min(options_.requests, S3Options::kPackTransfers),
          .gap_worth_reading = 1 << 20,
          .longest_run = 8 << 20,
          .lists_in_one_request = false};
}

std::string S3Backend::describe_call(std::string_view action, const FileKey& key) const {
  return fmt::format("cannot {} {} at {}", action, describe(key), location());
}

void S3Backend::fail(const HttpResponse& response, std::string_view action,
                     const FileKey& key) const {
  throw client_.error_of(response, describe_call(action, key), key.id.hex());
}

bool S3Backend::bucket_exists(const StopToken& stop) {
  const S3Request first_key{.method = "GET", .query = {{"list-type", "2"}, {"max-keys", "1"}}};
  const HttpResponse response = client_.perform(first_key, stop);
  if (response.is_success()) return true;
  const Error error =
      client_.error_of(response, fmt::format("cannot look for the bucket of {}", location()));
  // Who may do what is below a prefix need not be allowed to look at the bucket.
  if (error.code() == ErrorCode::kPermission) return true;
  if (error.code() == ErrorCode::kNoRepository) return false;
  throw error;
}

void S3Backend::make_bucket(const StopToken& stop) {
  const std::string region = client_.region();
  const std::string configuration = region == "us-east-1" ? "" : bucket_configuration(region);
  const S3Request request{.method = "PUT", .body = as_bytes(configuration)};
  const HttpResponse response = client_.perform(request, stop);
  if (response.is_success()) return;
  if (parse_s3_failure(response.body).code == "BucketAlreadyOwnedByYou") return;
  throw client_.error_of(response, fmt::format("cannot make the bucket of {}", location()));
}

void S3Backend::create(const StopToken& stop) {
  throw_if_stopped(stop);
  if (!bucket_exists(stop)) make_bucket(stop);
}

bool S3Backend::takes_class(const FileKey& key, Content content) const {
  if (options_.storage_class.empty()) return false;
  return !is_archive(options_.storage_class) ||
         (key.kind == FileKind::kPack && content == Content::kData);
}

void S3Backend::save(const FileKey& key, ByteView bytes, Content content, const StopToken& stop) {
  throw_if_stopped(stop);
  S3Request request{.method = "PUT",
                    .key = client_.location().key_of(key),
                    .headers = {{"Content-Type", "application/octet-stream"},
                                {"Content-MD5", content_md5(bytes)}},
                    .body = bytes,
                    .is_paced = key.kind != FileKind::kLock};
  if (takes_class(key, content)) {
    request.headers.emplace_back("x-amz-storage-class", options_.storage_class);
  }
  const HttpResponse response = client_.perform(request, stop);
  if (!response.is_success()) fail(response, "save", key);
}

HttpResponse S3Backend::get(const FileKey& key, std::string range, std::uint64_t longest_answer,
                            const StopToken& stop) {
  S3Request request{.method = "GET",
                    .key = client_.location().key_of(key),
                    .longest_answer = std::max(longest_answer, kLongestFailure),
                    .is_paced = key.kind != FileKind::kLock};
  if (!range.empty()) request.headers.emplace_back("Range", std::move(range));
  return client_.perform(request, stop);
}

Bytes S3Backend::load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose /*purpose*/,
                      const StopToken& stop) {
  throw_if_stopped(stop);
  return range ? load_range(key, *range, stop) : load_whole(key, stop);
}

Bytes S3Backend::load_whole(const FileKey& key, const StopToken& stop) {
  HttpResponse response = get(key, "", max_stored_bytes(key.kind), stop);
  if (response.status != 200) fail(response, "load", key);
  return std::move(response.body);
}

Bytes S3Backend::load_range(const FileKey& key, ByteRange range, const StopToken& stop) {
  if (!can_be_asked_for(key, range)) return load_none(*this, key, range, stop);
  HttpResponse response =
      get(key, fmt::format("bytes={}-{}", range.offset, range.offset + range.length - 1),
          range.length, stop);
  if (!response.is_success() && response.status != 416) fail(response, "load", key);
  if (auto part = part_in(std::move(response), range.offset, range.length)) return *std::move(part);
  throw_incomplete(*this, key, range, stop);
}

std::optional<std::uint64_t> S3Backend::size(const FileKey& key, const StopToken& stop) {
  throw_if_stopped(stop);
  const S3Request request{.method = "HEAD",
                          .key = client_.location().key_of(key),
                          .is_paced = key.kind != FileKind::kLock};
  HttpResponse response = client_.perform(request, stop);
  if (may_say_more(response.status)) {
    const HttpResponse with_words = get(key, "bytes=0-0", 1, stop);
    if (says_missing_or_no_bucket(with_words)) return std::nullopt;
    // An empty file has no first byte.
    if (!with_words.is_success() && with_words.status != 416) fail(with_words, "examine", key);
    response = client_.perform(request, stop);
  }
  if (!response.is_success()) fail(response, "examine", key);
  if (const std::optional<std::uint64_t> length = response.content_length()) return length;
  throw Error(ErrorCode::kUnsupported,
              describe_call("examine", key) + ": the server does not say how large it is",
              key.id.hex());
}

std::vector<FileInfo> S3Backend::list(FileKind kind, const StopToken& stop) {
  throw_if_stopped(stop);
  const std::string prefix = client_.location().keys_of(kind);
  std::vector<S3Object> objects;
  try {
    objects = list_objects(
        client_, options_.lists_by_version_1 ? S3ListVersion::k1 : S3ListVersion::k2, prefix,
        fmt::format("cannot list {}/ at {}", directory_of(kind), location()), stop);
  } catch (const Error& error) {
    // Where there is no bucket there are no files.
    if (error.code() != ErrorCode::kNoRepository) throw;
  }
  std::vector<FileInfo> files;
  files.reserve(objects.size());
  for (const S3Object& object : objects) {
    const std::string_view name = std::string_view(object.key).substr(object.key.rfind('/') + 1);
    const std::optional<Id> id = Id::parse(name);
    // What is in another place than its name says cannot be asked for again.
    if (id && client_.location().key_of({kind, *id}) == object.key) {
      files.push_back({*id, object.size});
    }
  }
  return files;
}

void S3Backend::remove(const FileKey& key, const StopToken& stop) {
  throw_if_stopped(stop);
  const S3Request request{.method = "DELETE",
                          .key = client_.location().key_of(key),
                          .is_paced = key.kind != FileKind::kLock};
  const HttpResponse response = client_.perform(request, stop);
  const auto is_there = [&] { return size(key, stop).has_value(); };
  if (!is_removed(response, says_missing(response), is_there, describe_call("remove", key),
                  key.id.hex())) {
    fail(response, "remove", key);
  }
}

}  // namespace snapfs
