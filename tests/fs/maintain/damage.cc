#include "tests/fs/maintain/damage.h"

#include <optional>
#include <utility>
#include <vector>

#include "fs/maintain/index_files.h"
#include "fs/repo/index_file.h"

namespace snapfs::test {
namespace {

void save_index(Repository& repository, const std::vector<PackDescription>& packs) {
  repository.save_file(FileKind::kIndex, as_bytes(encode_index(packs)), {});
}

/// Calls `take` for the first index file that lists the pack, and for the pack in it.
template <class Take>
void find_listing(Repository& repository, const Id& pack, const Take& take) {
  for (const Id& file : repository.list(FileKind::kIndex, {})) {
    std::vector<PackDescription> packs = read_index_file(repository, file, {});
    for (PackDescription& listed : packs) {
      if (listed.id == pack) return take(file, packs, listed);
    }
  }
}

}  // namespace

void flip(Backend& backend, const FileKey& file, std::size_t offset) {
  Bytes bytes = backend.load(file, std::nullopt, {});
  bytes.at(offset) ^= 1;
  backend.save(file, bytes, {});
}

void list_again(Repository& repository, const Id& pack, const ChangePack& change) {
  find_listing(repository, pack,
               [&](const Id&, const std::vector<PackDescription>&, PackDescription& listed) {
                 change(listed);
                 save_index(repository, {listed});
               });
}

void relist(Repository& repository, const Id& pack, const ChangePack& change) {
  find_listing(
      repository, pack,
      [&](const Id& file, const std::vector<PackDescription>& packs, PackDescription& listed) {
        change(listed);
        save_index(repository, packs);
        repository.backend().remove({FileKind::kIndex, file}, {});
      });
}

Id store_with_wrong_length(Repository& repository, const BlobHandle& blob, std::string_view text) {
  const auto codec = repository.make_codec();
  SealedBlob sealed = codec->seal_blob(blob, as_bytes(text));
  ++sealed.uncompressed_length;
  PackBuilder builder;
  builder.add(sealed);
  const FinishedPack pack = builder.finish(*codec);
  repository.backend().save({FileKind::kPack, pack.description.id}, pack.bytes, {});
  save_index(repository, {pack.description});
  return pack.description.id;
}

}  // namespace snapfs::test
