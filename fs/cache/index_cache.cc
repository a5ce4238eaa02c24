// The file: a header, the IDs of the index files and of the packs, then the parts of every shard,
// and at the end, sealed with the repository's key, the digest of all that. In the machine's own
// byte order, and read by the same version of the format only. Everything has a length that keeps
// what follows aligned.
#include "fs/cache/index_cache.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/cache/cached_file.h"
#include "fs/crypto/cipher.h"
#include "fs/crypto/sha256.h"
#include "fs/format/codec.h"

namespace snapfs {

namespace {

constexpr std::array<char, 16> kMagic{"snapfs index 1\n"};
constexpr std::uint32_t kByteOrder = 0x01020304;
constexpr std::size_t kTypes = 2;
constexpr std::size_t kTables = kTypes * BlobShard::kShards;
constexpr std::size_t kSealBytes = Id::kSize + Cipher::kOverhead;

struct Header {
  std::array<char, 16> magic = kMagic;
  std::uint32_t byte_order = kByteOrder;
  std::uint32_t files = 0;
  std::uint64_t packs = 0;
  std::array<std::uint32_t, kTables> rows{};
  std::array<std::uint32_t, kTables> long_rows{};
};

struct LongRow {
  std::uint32_t row = 0;
  BlobShard::Lengths lengths;
};

template <class T>
ByteView bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()};
}

/// A file of ours mapped for reading, as long as it lives.
class Mapping {
 public:
  /// Nothing when there is no such file, or nothing in it.
  static std::shared_ptr<const Mapping> open(const std::string& path) {
    const UniqueFd fd = open_cache_file(path);
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0 || status.st_uid != ::geteuid()) return nullptr;
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size == 0) return nullptr;
    void* const start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd.get(), 0);
    if (start == MAP_FAILED) return nullptr;
    return std::make_shared<const Mapping>(static_cast<const std::uint8_t*>(start), size);
  }

  Mapping(const std::uint8_t* start, std::size_t size) : bytes_(start, size) {}
  ~Mapping() { ::munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size()); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  ByteView bytes() const noexcept { return bytes_; }

 private:
  ByteView bytes_;
};

/// Takes runs of values from the front of some bytes.
class Cursor {
 public:
  explicit Cursor(ByteView bytes) : rest_(bytes) {}

  bool at_end() const noexcept { return rest_.empty(); }

  /// Throws when there are not so many.
  template <class T>
  std::span<const T> take(std::uint64_t count) {
    if (count > rest_.size() / sizeof(T)) throw Error(ErrorCode::kDamaged, "it is too short");
    const std::span values(reinterpret_cast<const T*>(rest_.data()), count);
    rest_ = rest_.subspan(values.size_bytes());
    return values;
  }

 private:
  ByteView rest_;
};

/// The content without the seal, which must be the repository's, and right.
ByteView unsealed(ByteView file, Codec& codec) {
  if (file.size() < sizeof(Header) + kSealBytes) throw Error(ErrorCode::kDamaged, "too short");
  const ByteView content = file.first(file.size() - kSealBytes);
  const Bytes digest = codec.open_raw(file.last(kSealBytes));
  if (!std::ranges::equal(digest, sha256(content).bytes)) {
    throw Error(ErrorCode::kDamaged, "its digest does not match");
  }
  return content;
}

/// The seal says that a program with the repository's key wrote this, not that the program was
/// right.
void require_consistent(const BlobShard::Parts& parts, std::uint64_t rows) {
  const bool ascending = std::ranges::is_sorted(parts.first_row);
  if (!ascending || parts.first_row.front() != 0 || parts.first_row.back() != rows) {
    throw Error(ErrorCode::kDamaged, "its rows are not in order");
  }
}

BlobTable take_table(Cursor& cursor, const Header& header, std::size_t type,
                     const std::shared_ptr<const Mapping>& mapping) {
  std::vector<BlobShard> shards;
  for (std::size_t i = 0; i < BlobShard::kShards; ++i) {
    const std::size_t table = type * BlobShard::kShards + i;
    BlobShard::Parts parts;
    parts.first_row = cursor.take<std::uint32_t>(BlobShard::kPrefixes + 1);
    for (const LongRow& row : cursor.take<LongRow>(header.long_rows.at(table))) {
      parts.long_rows.emplace(row.row, row.lengths);
    }
    const std::uint64_t rows = header.rows.at(table);
    parts.rows = cursor.take<std::uint8_t>(rows * BlobShard::kRowBytes);
    require_consistent(parts, rows);
    shards.emplace_back(i, std::move(parts), mapping);
  }
  return BlobTable(std::move(shards));
}

/// Writes a file under another name first, so that nobody ever sees half of one.
class ReplacedFile {
 public:
  explicit ReplacedFile(std::string path)
      : path_(std::move(path)),
        temporary_(path_ + "-XXXXXX"),
        fd_(::mkostemp(temporary_.data(), O_CLOEXEC)) {
    if (!fd_) throw_errno(errno, "make a file in", path_);
  }
  ~ReplacedFile() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
  }
  ReplacedFile(const ReplacedFile&) = delete;
  ReplacedFile& operator=(const ReplacedFile&) = delete;

  void write(ByteView bytes) {
    digest_.update(bytes);
    write_all(fd_.get(), bytes, temporary_);
  }

  void commit(Codec& codec) {
    write_all(fd_.get(), codec.seal_raw(digest_.finish().bytes), temporary_);
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) throw_errno(errno, "rename", temporary_);
    temporary_.clear();
  }

 private:
  std::string path_;
  std::string temporary_;
  UniqueFd fd_;
  Sha256 digest_;
};

}  // namespace

IndexCache::IndexCache(const std::string& directory, const Id& repository)
    : directory_(directory), path_(directory + "/" + repository.hex() + ".index") {}

std::set<Id> IndexCache::load(const std::set<Id>& listed, Index& index, Codec& codec) const {
  try {
    const std::shared_ptr<const Mapping> mapping = Mapping::open(path_);
    if (!mapping) return {};
    Cursor cursor(unsealed(mapping->bytes(), codec));
    const Header& header = cursor.take<Header>(1).front();
    if (header.magic != kMagic || header.byte_order != kByteOrder) return {};
    const std::span<const Id> files = cursor.take<Id>(header.files);
    const auto is_listed = [&](const Id& file) { return listed.contains(file); };
    if (!std::ranges::all_of(files, is_listed)) return {};
    const std::span<const Id> packs = cursor.take<Id>(header.packs);
    Index::Contents contents{{packs.begin(), packs.end()}, {}};
    for (std::size_t type = 0; type < kTypes; ++type) {
      contents.tables.at(type) = take_table(cursor, header, type, mapping);
    }
    if (!cursor.at_end()) return {};
    index.begin_with(std::move(contents));
    // What was used last stays longest when room is made.
    ::utimensat(AT_FDCWD, path_.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
    return {files.begin(), files.end()};
  } catch (const Error&) {
    return {};  // it is only a copy: what it says is read from the repository
  }
}

void IndexCache::store(const std::set<Id>& files, const Index::Contents& contents,
                       Codec& codec) const {
  make_cache(directory_);
  Header header;
  header.files = static_cast<std::uint32_t>(files.size());
  header.packs = contents.packs.size();
  std::vector<std::vector<LongRow>> long_rows(kTables);
  for (std::size_t table = 0; table < kTables; ++table) {
    const BlobShard& shard =
        contents.tables.at(table / BlobShard::kShards).shards().at(table % BlobShard::kShards);
    header.rows.at(table) = static_cast<std::uint32_t>(shard.size());
    header.long_rows.at(table) = static_cast<std::uint32_t>(shard.parts().long_rows.size());
    for (const auto& [row, lengths] : shard.parts().long_rows) {
      long_rows[table].push_back({row, lengths});
    }
  }
  const std::vector<Id> list(files.begin(), files.end());
  ReplacedFile file(path_);
  file.write(bytes_of(std::span<const Header>(&header, 1)));
  file.write(bytes_of(std::span<const Id>(list)));
  file.write(bytes_of(std::span<const Id>(contents.packs)));
  for (std::size_t table = 0; table < kTables; ++table) {
    const BlobShard::Parts& parts = contents.tables.at(table / BlobShard::kShards)
                                        .shards()
                                        .at(table % BlobShard::kShards)
                                        .parts();
    file.write(bytes_of(parts.first_row));
    file.write(bytes_of(std::span<const LongRow>(long_rows[table])));
    file.write(parts.rows);
  }
  file.commit(codec);
}

}  // namespace snapfs
