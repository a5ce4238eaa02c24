// Files are asked for by their kind and ID, without the two-digit directories that there are on
// disks: GET, HEAD, POST and DELETE of URL/snapshots/<ID> or URL/config, and GET of URL/snapshots/
// for a list. Servers differ in small things. A server of version 1 lists names only. One that
// keeps a file rather than replace it answers 403, so that a save whose answer was lost looks like
// a failure when it is made again. One that does not know Range, or not for the config, answers 200
// and the whole file. Some have no directory for files of which there were none yet, and answer 404
// to a list; but rclone does so when the list failed, and rest-server when a file vanished
// meanwhile.
#include "fs/backend/rest/rest_backend.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "fs/backend/http/content_range.h"
#include "fs/backend/http/http_error.h"
#include "fs/backend/http/http_removal.h"
#include "fs/backend/rest/rest_list.h"
#include "fs/backend/stored_range.h"
#include "fs/base/deadline.h"
#include "fs/base/error.h"
#include "fs/base/parallel.h"
#include "fs/crypto/base64.h"

namespace snapfs {
namespace {

constexpr std::string_view kVersion2 = "application/vnd.x.restic.rest.v2";

/// About ten million files.
constexpr std::size_t kLongestList = std::size_t{1} << 30;

/// Where the server answers with the whole file when a part was asked for.
constexpr std::size_t kLongestUnasked = std::size_t{256} << 20;

/// Of a server that lists names only, a size each.
constexpr std::size_t kSizesAtOnce = 8;

/// rest-server asks for the size of each file that a directory has, and when one vanishes meanwhile
/// it says that there is no such directory. That happens as somebody saves or removes a file, by
/// chance also several times. One that is really missing still is a third of a second later.
constexpr unsigned kListTries = 6;
constexpr std::chrono::milliseconds kFirstListWait{10};

/// Some of the storages that rclone reaches say at times that a file is not there when it is.
/// Nobody is told of these waits, so they are short.
constexpr unsigned kRcloneTries = 3;
constexpr std::chrono::milliseconds kFirstRcloneWait{500};

bool is_rclone(const HttpResponse& response) {
  return response.header("server").value_or("").starts_with("rclone/");
}

std::string authorization_of(const RestCredentials& who) {
  if (who.user.empty() && who.password.empty()) return "";
  std::string value = "Basic ";
  append_base64(value, as_bytes(who.user + ":" + who.password));
  return value;
}

std::string path_on_server(const FileKey& key) {
  if (key.kind == FileKind::kConfig) return std::string(directory_of(key.kind));
  return fmt::format("{}/{}", directory_of(key.kind), key.id.hex());
}

/// Whether the server says that there is no such thing.
bool says_missing(const HttpResponse& response) {
  return response.status == 404 || response.status == 410;
}

}  // namespace

RestBackend::RestBackend(std::unique_ptr<HttpClient> client, RestLocation location,
                         unsigned requests, Timer& timer)
    : client_(std::move(client)),
      location_(std::move(location)),
      requests_(std::max(requests, 1U)),
      authorization_(authorization_of(location_.who)),
      timer_(timer) {}

// What arrives in 40 ms at 200 Mbit/s is a megabyte. A save that is cut off may leave a part.
StorageTraits RestBackend::traits() const noexcept {
  return {.requests = requests_,
          .pack_transfers = std::min(requests_, kPackTransfers),
          .gap_worth_reading = 1 << 20,
          .longest_run = 8 << 20,
          .saves_atomically = false};
}

std::string RestBackend::describe_call(std::string_view action, const FileKey& key) const {
  return fmt::format("cannot {} {} at {}", action, describe(key), location_.shown);
}

void RestBackend::fail(const HttpResponse& response, std::string_view action,
                       const FileKey& key) const {
  throw http_error(response, describe_call(action, key), key.id.hex());
}

HttpRequest RestBackend::request(std::string_view method, std::string_view path,
                                 FileKind kind) const {
  HttpRequest request{.method = std::string(method),
                      .url = fmt::format("{}{}", location_.url, path)};
  request.headers.emplace_back("Accept", kVersion2);
  if (!authorization_.empty()) request.headers.emplace_back("Authorization", authorization_);
  request.is_paced = kind != FileKind::kLock;  // a slow link would let it grow stale
  return request;
}

void RestBackend::create(const StopToken& stop) {
  throw_if_stopped(stop);
  const HttpResponse response =
      client_->perform(request("POST", "?create=true", FileKind::kConfig), stop);
  if (response.is_success()) return;
  throw http_error(response, fmt::format("cannot create a repository at {}", location_.shown));
}

HttpResponse RestBackend::post(const FileKey& key, ByteView bytes, const StopToken& stop) {
  HttpRequest save = request("POST", path_on_server(key), key.kind);
  save.headers.emplace_back("Content-Type", "application/octet-stream");
  save.body = bytes;
  HttpResponse response = client_->perform(save, stop);
  if (response.status == 400) {
    // Servers compare what arrives with the name, which is its SHA-256.
    throw Error(
        ErrorCode::kUnavailable,
        fmt::format("{}: the server did not get what was sent (400)", describe_call("save", key)),
        key.id.hex());
  }
  if (!response.is_success() && response.status != 403) fail(response, "save", key);
  return response;
}

void RestBackend::save(const FileKey& key, ByteView bytes, Content /*content*/,
                       const StopToken& stop) {
  throw_if_stopped(stop);
  const HttpResponse response = post(key, bytes, stop);
  if (response.is_success()) return;
  const std::optional<std::uint64_t> there = size(key, stop);
  if (!there) fail(response, "save", key);
  if (*there == bytes.size() && is_stored(key, bytes, stop)) return;
  replace(key, bytes, stop);
}

/// The answer to a save that succeeded may have been lost.
bool RestBackend::is_stored(const FileKey& key, ByteView bytes, const StopToken& stop) {
  return std::ranges::equal(load_whole(key, stop), bytes);
}

void RestBackend::replace(const FileKey& key, ByteView bytes, const StopToken& stop) {
  // The one file without which nothing can be read: what was there comes back if need be.
  std::optional<Bytes> old;
  if (key.kind == FileKind::kConfig) old = load_whole(key, stop);
  remove(key, stop);
  try {
    const HttpResponse response = post(key, bytes, stop);
    const bool is_done =
        response.is_success() || (size(key, stop) == bytes.size() && is_stored(key, bytes, stop));
    if (!is_done) fail(response, "save", key);
  } catch (const Error&) {
    if (old) put_back(key, *old);
    throw;
  }
}

/// Should the new one be there after all, the server keeps that.
void RestBackend::put_back(const FileKey& key, ByteView old) {
  constexpr std::chrono::seconds kPatience{10};
  try {
    within(kPatience, [&](const StopToken& stop) { post(key, old, stop); });
  } catch (const Error&) {
    // What kept the new one from being stored is what there is to tell.
  }
}

HttpResponse RestBackend::get(const FileKey& key, const std::string& range,
                              std::size_t longest_answer, const StopToken& stop) {
  HttpRequest load = request("GET", path_on_server(key), key.kind);
  load.headers.emplace_back("Range", range);
  load.longest_answer = longest_answer;
  // Whether there is a repository at all shall be known at once.
  const unsigned most_tries = key.kind == FileKind::kConfig ? 1 : kRcloneTries;
  std::chrono::milliseconds wait = kFirstRcloneWait;
  for (unsigned tries = 1;; ++tries, wait *= 2) {
    HttpResponse response = client_->perform(load, stop);
    const bool may_be_there = response.status == 404 && is_rclone(response);
    if (!may_be_there || tries >= most_tries) return response;
    timer_.require_wait(wait, stop);
  }
}

Bytes RestBackend::load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose /*purpose*/,
                        const StopToken& stop) {
  throw_if_stopped(stop);
  return range ? load_range(key, *range, stop) : load_whole(key, stop);
}

Bytes RestBackend::load_whole(const FileKey& key, const StopToken& stop) {
  HttpResponse response = get(key, "bytes=0-", max_stored_bytes(key.kind), stop);
  if (!response.is_success() && response.status != 416) fail(response, "load", key);
  const bool is_all = is_whole_file(response);
  // An empty file has no first byte to begin at, which servers say in several ways.
  if (!is_all && (response.status == 416 || response.body.empty()) && size(key, stop) == 0) {
    return {};
  }
  if (!is_all) {
    throw Error(ErrorCode::kUnavailable,
                describe_call("load", key) + ": the server did not send all of it", key.id.hex());
  }
  return std::move(response.body);
}

Bytes RestBackend::load_range(const FileKey& key, ByteRange range, const StopToken& stop) {
  if (!can_be_asked_for(key, range)) return load_none(*this, key, range, stop);
  HttpResponse response =
      get(key, fmt::format("bytes={}-{}", range.offset, range.offset + range.length - 1),
          std::max<std::size_t>(range.length,
                                std::min<std::size_t>(max_stored_bytes(key.kind), kLongestUnasked)),
          stop);
  if (!response.is_success() && response.status != 416) fail(response, "load", key);
  if (auto part = part_in(std::move(response), range.offset, range.length)) return *std::move(part);
  throw_incomplete(*this, key, range, stop);
}

std::optional<std::uint64_t> RestBackend::size(const FileKey& key, const StopToken& stop) {
  throw_if_stopped(stop);
  const HttpRequest ask = request("HEAD", path_on_server(key), key.kind);
  HttpResponse response = client_->perform(ask, stop);
  // A proxy before the server may say so while that is started, and much may be concluded from it.
  if (says_missing(response)) response = client_->perform(ask, stop);
  if (says_missing(response)) return std::nullopt;
  if (!response.is_success()) fail(response, "examine", key);
  const std::optional<std::uint64_t> length = response.content_length();
  if (length) return length;
  throw Error(ErrorCode::kUnsupported,
              describe_call("examine", key) + ": the server does not say how large it is",
              key.id.hex());
}

std::vector<FileInfo> RestBackend::list(FileKind kind, const StopToken& stop) {
  throw_if_stopped(stop);
  HttpRequest ask = request("GET", fmt::format("{}/", directory_of(kind)), kind);
  ask.longest_answer = kLongestList;
  HttpResponse response = client_->perform(ask, stop);
  std::chrono::milliseconds wait = kFirstListWait;
  for (unsigned tries = 1; says_missing(response) && tries < kListTries; ++tries, wait *= 2) {
    timer_.require_wait(wait, stop);
    response = client_->perform(ask, stop);
  }
  if (says_missing(response) && !is_rclone(response)) return {};
  if (says_missing(response)) {
    throw Error(ErrorCode::kUnavailable,
                fmt::format("cannot list {}/ at {}: rclone could not do it", directory_of(kind),
                            location_.shown));
  }
  if (!response.is_success()) {
    throw http_error(response,
                     fmt::format("cannot list {}/ at {}", directory_of(kind), location_.shown));
  }
  if (response.header("content-type") == kVersion2) {
    return parse_sized_list(response.body, location_.shown);
  }
  return with_sizes(kind, parse_name_list(response.body, location_.shown), stop);
}

std::vector<FileInfo> RestBackend::with_sizes(FileKind kind, const std::vector<Id>& ids,
                                              const StopToken& stop) {
  std::vector<std::optional<FileInfo>> found(ids.size());
  std::vector<std::size_t> numbers(ids.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  parallel_for_each(
      numbers,
      [&](std::size_t number) {
        const auto bytes = size({kind, ids[number]}, stop);
        if (bytes) found[number] = FileInfo{ids[number], *bytes};  // or it was removed meanwhile
      },
      std::min<std::size_t>(requests_, kSizesAtOnce));
  std::vector<FileInfo> files;
  files.reserve(found.size());
  for (const auto& file : found) {
    if (file) files.push_back(*file);
  }
  return files;
}

void RestBackend::remove(const FileKey& key, const StopToken& stop) {
  throw_if_stopped(stop);
  const HttpResponse response =
      client_->perform(request("DELETE", path_on_server(key), key.kind), stop);
  const auto is_there = [&] { return size(key, stop).has_value(); };
  if (is_removed(response, says_missing(response), is_there, describe_call("remove", key),
                 key.id.hex())) {
    return;
  }
  if (response.status != 403) fail(response, "remove", key);
  throw Error(ErrorCode::kPermission,
              describe_call("remove", key) +
                  ": the server is append-only, and lets nothing but locks be removed: run this "
                  "where it lets you",
              key.id.hex());
}

}  // namespace snapfs
