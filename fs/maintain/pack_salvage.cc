#include "fs/maintain/pack_salvage.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "fs/backend/backend.h"
#include "fs/base/error.h"
#include "fs/maintain/pack_header.h"
#include "fs/repo/repository.h"

namespace snapfs {
namespace {

/// Reads a pack that does not come whole.
class PiecewiseReader {
 public:
  PiecewiseReader(Repository& repository, const Id& pack, std::uint64_t size, StopToken stop)
      : repository_(repository), info_{pack, size}, stop_(std::move(stop)) {}

  ReadablePack read(std::span<const PackEntry> listed) {
    result_.any = false;
    result_.file.assign(info_.size, 0);
    std::uint64_t end = 0;
    for (const PackEntry& entry : entries(listed)) {
      const std::uint64_t entry_end = std::uint64_t{entry.offset} + entry.length;
      if (entry_end > info_.size) continue;  // the list is wrong, or the pack cut off
      if (entry.offset > end) read_range(end, entry.offset);
      const std::optional<std::string> fault = read_range(entry.offset, entry_end);
      if (fault) result_.unread[entry.offset] = *fault;
      end = std::max(end, entry_end);
    }
    if (end < info_.size) read_range(end, info_.size);
    return std::move(result_);
  }

 private:
  std::vector<PackEntry> entries(std::span<const PackEntry> listed) {
    std::vector<PackEntry> all(listed.begin(), listed.end());
    try {
      const std::vector<PackEntry> header = read_pack_header(repository_, info_, stop_);
      all.insert(all.end(), header.begin(), header.end());
    } catch (const Error& error) {
      // The index has to do.
      if (error.code() != ErrorCode::kIo && !error.means_loss()) throw;
    }
    std::ranges::stable_sort(all, {}, &PackEntry::offset);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }

  /// Why it cannot be read, or nothing.
  std::optional<std::string> read_range(std::uint64_t begin, std::uint64_t end) {
    throw_if_stopped(stop_);
    try {
      const Bytes bytes =
          repository_.files().load({FileKind::kPack, info_.id}, ByteRange{begin, end - begin},
                                   {.urgency = Urgency::kBulk}, stop_);
      std::ranges::copy(bytes, result_.file.begin() + static_cast<std::ptrdiff_t>(begin));
      result_.any = true;
      return std::nullopt;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kIo) throw;
      return error.what();
    }
  }

  Repository& repository_;
  const FileInfo info_;
  const StopToken stop_;
  ReadablePack result_;
};

}  // namespace

ReadablePack load_readable(Repository& repository, const Id& pack,
                           std::span<const PackEntry> listed, StopToken stop) {
  const FileKey key{FileKind::kPack, pack};
  ReadablePack result;
  try {
    result.file = repository.files().load(key, std::nullopt, {.urgency = Urgency::kBulk}, stop);
    return result;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kIo) throw;
    result.fault = error.what();
    result.any = false;
  }
  const std::optional<std::uint64_t> size = repository.files().size(key, stop);
  if (!size) return result;
  ReadablePack pieces = PiecewiseReader(repository, pack, *size, std::move(stop)).read(listed);
  pieces.fault = std::move(result.fault);
  return pieces;
}

}  // namespace snapfs
