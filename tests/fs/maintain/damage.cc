#include "tests/fs/maintain/damage.h"

#include <atomic>
#include <optional>
#include <utility>
#include <vector>

#include "fs/backend/memory.h"
#include "fs/base/error.h"
#include "fs/format/index_file.h"
#include "fs/maintain/index_files.h"
#include "tests/support/fault_backend.h"
#include "tests/support/repository_maker.h"

namespace snapfs::test {
namespace {

void copy_files(Backend& from, Backend& to) {
  to.save(FileKey::config(), from.load(FileKey::config(), std::nullopt, {}, {}), {});
  for (const FileKind kind :
       {FileKind::kKey, FileKind::kSnapshot, FileKind::kIndex, FileKind::kPack}) {
    for (const FileInfo& file : from.list(kind, {})) {
      const FileKey key{kind, file.id};
      to.save(key, from.load(key, std::nullopt, {}, {}), {});
    }
  }
}

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
  Bytes bytes = backend.load(file, std::nullopt, {}, {});
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
        repository.files().remove({FileKind::kIndex, file}, {});
      });
}

Id store_with_wrong_length(Repository& repository, const BlobHandle& blob, std::string_view text) {
  const auto codec = repository.make_codec();
  SealedBlob sealed = codec->seal_blob(blob, as_bytes(text));
  ++sealed.uncompressed_length;
  PackBuilder builder;
  builder.add(sealed);
  const FinishedPack pack = builder.finish(*codec);
  repository.files().save({FileKind::kPack, pack.description.id}, pack.bytes, {});
  save_index(repository, {pack.description});
  return pack.description.id;
}

CheckVerdict check_everything(Backend& backend) {
  class Silent final : public CheckListener {
    void error(std::string_view /*message*/) override {}
  };
  Silent silent;
  CheckOptions options;
  options.read_data.emplace();
  Repository repository(backend, as_bytes(kPassword), {}, {});
  return check_repository(repository, options, silent, {});
}

std::size_t kill_everywhere(Backend& backend, const std::function<void(Repository&)>& work,
                            const std::function<void(Backend& left, std::size_t point)>& verify) {
  for (std::size_t point = 1;; ++point) {
    MemoryBackend left;
    copy_files(backend, left);
    test::FaultBackend storage(left);
    Repository repository(storage, as_bytes(kPassword), {}, {});
    std::atomic<std::size_t> operations = 0;
    storage.before_each_call([&](test::BackendCall, const FileKey&) {
      if (++operations >= point) throw Error(ErrorCode::kIo, "the process is dead");
    });
    try {
      work(repository);
    } catch (const Error&) {
      if (operations < point) throw;  // not of our making
    }
    verify(left, point);
    if (operations < point) return point - 1;
  }
}

}  // namespace snapfs::test
