#include "fs/cache/cached_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <ctime>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "fs/base/durable_file.h"
#include "fs/base/error.h"
#include "fs/base/private_directory.h"

namespace snapfs {
namespace {

constexpr std::size_t kDigits = 2 * Id::kSize;

/// A file says this seldom that it was used.
constexpr std::time_t kUseSeconds = 3600;

struct CloseCacheFolder {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

/// Nothing unless it is written as we would write it.
std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (fmt::format("{}", value) != text) return std::nullopt;
  return value;
}

/// A file that is gone unless it gets its name.
class UnfinishedFile {
 public:
  explicit UnfinishedFile(const std::string& directory)
      : path_(fmt::format("{}/{}XXXXXX", directory, kUnfinished)) {
    fd_ = UniqueFd(::mkostemp(path_.data(), O_CLOEXEC));
    if (!fd_) throw_errno(errno, "make a file in", directory);
  }
  ~UnfinishedFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;

  void finish(ByteView bytes, const std::string& name) {
    write_all(fd_.get(), bytes, path_);
    if (::close(fd_.release()) != 0) throw_errno(errno, "close", path_);
    if (::rename(path_.c_str(), name.c_str()) != 0) throw_errno(errno, "rename", path_);
    path_.clear();
  }

 private:
  std::string path_;
  UniqueFd fd_;
};

}  // namespace

std::optional<CachedName> CachedName::parse(std::string_view text) {
  const std::optional<Id> id = Id::parse(text.substr(0, kDigits));
  if (!id || id->hex() != text.substr(0, kDigits)) return std::nullopt;
  text.remove_prefix(kDigits);
  if (text.empty()) return CachedName{*id, std::nullopt};
  const std::size_t dash = text.find('-', 1);
  if (text.front() != '-' || dash == std::string_view::npos) return std::nullopt;
  const auto offset = parse_decimal(text.substr(1, dash - 1));
  const auto length = parse_decimal(text.substr(dash + 1));
  if (!offset || !length || *length == 0 || *offset + *length < *offset) return std::nullopt;
  return CachedName{*id, ByteRange{*offset, *length}};
}

UniqueFd open_cache_file(const std::string& path) noexcept {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  return fd;
}

std::string CachedName::text() const {
  return part ? fmt::format("{}-{}-{}", id.hex(), part->offset, part->length) : id.hex();
}

std::string CachedFiles::folder(std::uint8_t first_byte) const {
  return fmt::format("{}/{:02x}", directory_, first_byte);
}

std::string CachedFiles::path(const CachedName& name) const {
  return fmt::format("{}/{}", folder(name.id.bytes[0]), name.text());
}

UniqueFd CachedFiles::open(const CachedName& name) const {
  UniqueFd fd = open_cache_file(path(name));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return {};
  if (name.part && static_cast<std::uint64_t>(status.st_size) != name.part->length) return {};
  if (std::time(nullptr) - status.st_mtime > kUseSeconds) ::futimens(fd.get(), nullptr);
  return fd;
}

std::optional<Timestamp> CachedFiles::last_used(const CachedName& name) const noexcept {
  struct stat status {};
  if (::lstat(path(name).c_str(), &status) != 0) return std::nullopt;
  return Timestamp::from(status.st_mtim);
}

void CachedFiles::store(const CachedName& name, ByteView bytes) const {
  try {
    replace_file(path(name), bytes);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    make_private_directories(folder(name.id.bytes[0]));
    replace_file(path(name), bytes);
  }
}

void CachedFiles::remove(const CachedName& name) const noexcept { ::unlink(path(name).c_str()); }

std::vector<CachedName> CachedFiles::list(std::uint8_t first_byte) const {
  const std::unique_ptr<DIR, CloseCacheFolder> open(::opendir(folder(first_byte).c_str()));
  std::vector<CachedName> names;
  if (!open) return names;
  while (const dirent* const entry = ::readdir(open.get())) {
    const std::optional<CachedName> name = CachedName::parse(entry->d_name);
    if (name && name->id.bytes[0] == first_byte) names.push_back(*name);
  }
  return names;
}

std::vector<CachedName> CachedFiles::list() const {
  std::vector<CachedName> names;
  for (unsigned first_byte = 0; first_byte <= UINT8_MAX; ++first_byte) {
    const std::vector<CachedName> some = list(static_cast<std::uint8_t>(first_byte));
    names.insert(names.end(), some.begin(), some.end());
  }
  return names;
}

void make_cache(const std::string& directory) {
  constexpr std::string_view kTag = "Signature: 8a477f597d28d172789f06886806bc55\n";
  make_private_directories(directory);
  const std::string path = directory + "/CACHEDIR.TAG";
  const UniqueFd fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (fd) write_all(fd.get(), as_bytes(kTag), path);
}

void replace_file(const std::string& path, ByteView bytes) {
  UnfinishedFile file(parent_directory(path));
  file.finish(bytes, path);
}

}  // namespace snapfs
