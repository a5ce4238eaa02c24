#include "fs/backend/sftp/sftp_backend.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fs/backend/regular_file.h"
#include "fs/backend/sftp/sftp_files.h"
#include "fs/backend/sftp/sftp_transfer.h"
#include "fs/base/durable_file.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

/// Of what has a file's name but is none: not empty, since empty files mean something.
constexpr std::uint64_t kNoFileSize = 1;

/// Requests on one connection that are worth being under way: they share its bandwidth, and spare
/// each other the wait for the way back and forth. With five connections that is about what a round
/// trip holds (see RestBackend::kRequests).
constexpr unsigned kRequestsEach = 8;

bool is_hex(std::string_view name) {
  return name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Whether more has to be asked: of a link, or when the server told too little.
bool is_unclear(const SftpAttributes& attributes) {
  return !attributes.permissions || !attributes.size || S_ISLNK(*attributes.permissions);
}

/// The size of what is listed as a file; nothing when it was removed meanwhile by another process.
std::optional<std::uint64_t> size_of(SftpCall& call, const SftpPath& path,
                                     SftpAttributes attributes) {
  if (is_unclear(attributes)) {
    const std::optional<SftpAttributes> found = examine(call, path);
    if (!found) return std::nullopt;
    attributes = *found;
  }
  if (attributes.permissions) require_regular(*attributes.permissions, path.shown);
  if (!attributes.size) throw sftp_nonsense("no size of a file");
  return attributes.size;
}

void add_files(SftpCall& call, const SftpPath& directory, const std::vector<SftpName>& names,
               FileKind kind, std::vector<FileInfo>& found) {
  for (const SftpName& entry : names) {
    const std::optional<Id> id = Id::parse(entry.name);
    // Upper-case digits are an ID, too, but a file of that name cannot be asked for again.
    if (!id || id->hex() != entry.name) continue;
    try {
      const std::optional<std::uint64_t> size =
          size_of(call, directory / entry.name, entry.attributes);
      if (size) found.push_back({*id, *size});
    } catch (const Error& error) {
      // Nobody reads all packs that he lists, and one that is not listed counts as lost.
      if (error.code() != ErrorCode::kUnsupported || kind == FileKind::kPack) throw;
      found.push_back({*id, kNoFileSize});
    }
  }
}

/// Whether packs may be below; throws for what has the name of such a directory and is none.
bool may_hold_packs(SftpCall& call, const SftpPath& path, const SftpName& entry) {
  SftpAttributes attributes = entry.attributes;
  if (is_unclear(attributes)) {
    const std::optional<SftpAttributes> found = examine(call, path);
    if (!found) return false;
    attributes = *found;
  }
  if (is_directory(attributes)) return true;
  if (entry.name.size() != 2 || !is_hex(entry.name)) return false;
  throw Error(ErrorCode::kUnsupported,
              path.shown + " is no directory: bring back the directory of packs of that name",
              path.shown);
}

/// What broke between us and the server knows nothing of where that is.
Error naming(const std::string& place, const Error& error) {
  const std::string words = error.what();
  const bool is_ours = error.code() == ErrorCode::kCancelled;
  if (is_ours || words.find(place) != std::string::npos) return error;
  return {error.code(), fmt::format("{}: {}", place, words), error.subject()};
}

}  // namespace

template <class Ask>
auto SftpBackend::asked(const StopToken& stop, const Ask& ask) {
  try {
    SftpCall call = pool_.begin_call(stop);
    try {
      return ask(call);
    } catch (const Error& error) {
      // A server that has lost its own way, or says what nobody can understand, is not asked again
      // by the same connection.
      if (error.retryable()) call.give_up_connection(error);
      throw;
    }
  } catch (const Error& error) {
    throw Error(naming(root_.shown, error));
  }
}

SftpBackend::SftpBackend(const SftpLocation& location, SftpStart start, unsigned connections,
                         std::uint64_t upload_rate, std::uint64_t download_rate, Timer& timer)
    : root_{location.path.empty() ? "." : location.path, location.text()},
      connections_(std::max(connections, 1U)),
      upload_(upload_rate, timer),
      download_(download_rate, timer),
      pool_(std::move(start), connections_, timer) {}

// What arrives in 40 ms at 100 Mbit/s is half a megabyte. A run is read in parts that are asked for
// ahead, so that a long one costs no more round trips than a short one.
StorageTraits SftpBackend::traits() const noexcept {
  return {.requests = kRequestsEach * connections_,
          .pack_transfers = connections_,
          .gap_worth_reading = 512 << 10,
          .longest_run = 16 << 20};
}

/// Asked for once, before anything is written.
SftpBackend::Modes SftpBackend::modes(SftpCall& call) {
  if (const std::optional<Modes> known = *modes_.lock()) return *known;
  Modes modes;
  const SftpReply reply =
      call.ask(SftpRequest(SftpType::kStat).string(path(FileKey::config()).path));
  if (reply.type() != SftpType::kStatus) {
    const std::optional<std::uint32_t> config = decode_attributes(reply).permissions;
    if (config && (*config & S_IRGRP) != 0) modes = {0770, 0660};
  }
  *modes_.lock() = modes;
  return modes;
}

void SftpBackend::create(const StopToken& stop) {
  return asked(stop, [&](SftpCall& call) {
    const std::uint32_t mode = modes(call).directory;
    make_directories(call, root_, mode);
    constexpr int kPrefixes = 256;
    std::vector<SftpPath> directories;
    directories.reserve(kPrefixes);
    for (const FileKind kind : kListedKinds) directories.push_back(root_ / directory_of(kind));
    make_each_directory(call, directories, mode);
    directories.clear();
    const SftpPath data = root_ / directory_of(FileKind::kPack);
    for (int prefix = 0; prefix < kPrefixes; ++prefix) {
      directories.push_back(data / fmt::format("{:02x}", prefix));
    }
    make_each_directory(call, directories, mode);
  });
}

void SftpBackend::save(const FileKey& key, ByteView bytes, Content /*content*/,
                       const StopToken& stop) {
  return asked(stop, [&](SftpCall& call) {
    const Modes modes = this->modes(call);
    const SftpPath file = path(key);
    const UploadWay how{.mode = modes.file,
                        .limit = key.kind == FileKind::kLock ? nullptr : &upload_,
                        .may_be_away = key.kind != FileKind::kConfig};
    try {
      return upload(call, file, bytes, how);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kNotFound) throw;
    }
    // Directories are there but for the first file of all: they are made when one is missed.
    make_directories(call, {parent_directory(file.path), parent_directory(file.shown)},
                     modes.directory);
    upload(call, file, bytes, how);
  });
}

Bytes SftpBackend::load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose /*purpose*/,
                        const StopToken& stop) {
  return asked(stop, [&](SftpCall& call) {
    RateLimit* const limit = key.kind == FileKind::kLock ? nullptr : &download_;
    return download(call, path(key), key, range, limit);
  });
}

std::optional<std::uint64_t> SftpBackend::size(const FileKey& key, const StopToken& stop) {
  return asked(stop, [&](SftpCall& call) { return size_of(call, path(key), {}); });
}

std::vector<FileInfo> SftpBackend::list(FileKind kind, const StopToken& stop) {
  return asked(stop, [&](SftpCall& call) {
    if (kind == FileKind::kPack) return list_packs(call);
    std::vector<FileInfo> found;
    const SftpPath directory = root_ / directory_of(kind);
    add_files(call, directory, list_directories(call, {directory}).front(), kind, found);
    return found;
  });
}

std::vector<FileInfo> SftpBackend::list_packs(SftpCall& call) const {
  const SftpPath data = root_ / directory_of(FileKind::kPack);
  const std::vector<SftpName> entries = std::move(list_directories(call, {data}).front());
  std::vector<SftpPath> directories;
  for (const SftpName& entry : entries) {
    const SftpPath path = data / entry.name;
    if (may_hold_packs(call, path, entry)) directories.push_back(path);
  }
  const std::vector<std::vector<SftpName>> listed = list_directories(call, directories);
  std::vector<FileInfo> found;
  for (std::size_t i = 0; i < listed.size(); ++i) {
    add_files(call, directories[i], listed[i], FileKind::kPack, found);
  }
  return found;
}

void SftpBackend::remove(const FileKey& key, const StopToken& stop) {
  return asked(stop, [&](SftpCall& call) {
    const SftpPath file = path(key);
    require_no_failure(call.ask(SftpRequest(SftpType::kRemove).string(file.path)), "remove",
                       file.shown);
  });
}

}  // namespace snapfs
