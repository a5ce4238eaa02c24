#include "fs/maintain/pack_header.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/repo/repository.h"

namespace snapfs {
namespace {

/// Holds the headers of most packs: two hundred blobs.
constexpr std::uint64_t kFirstRead = 8 << 10;

}  // namespace

std::vector<PackEntry> read_pack_header(Repository& repository, const FileInfo& pack,
                                        StopToken stop) {
  const FileKey key{FileKind::kPack, pack.id};
  const auto end = [&](std::uint64_t bytes) { return ByteRange{pack.size - bytes, bytes}; };
  const LoadPurpose purpose{.urgency = Urgency::kBulk};
  const auto parse = [&](Bytes tail) {
    if (tail.size() < 4) throw Error(ErrorCode::kDamaged, "it has no header");
    const std::uint64_t extent = pack_header_extent(ByteView(tail).last(4), pack.size);
    if (extent > tail.size()) tail = repository.files().load(key, end(extent), purpose, stop);
    const CodecPool::Lease codec = repository.codecs().borrow();
    return parse_pack_header(*codec, tail, pack.size);
  };
  try {
    return repository.files().read(key, end(std::min(pack.size, kFirstRead)), purpose, stop, parse);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kDamaged) throw;
    throw Error(error.code(), fmt::format("pack {}: {}", pack.id.hex(), error.what()),
                pack.id.hex());
  }
}

}  // namespace snapfs
