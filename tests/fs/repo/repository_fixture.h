// A repository in memory, whose storage fails when it is told to.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/crypto/sha256.h"
#include "fs/format/index_file.h"
#include "fs/repo/repository.h"
#include "tests/support/fault_backend.h"
#include "tests/support/quick_init.h"

namespace snapfs {

class RepositoryTest : public ::testing::Test {
 protected:
  void init(const InitOptions& options = kQuickInit) {
    Repository::init(backend_, as_bytes("x"), options, {});
  }
  std::unique_ptr<Repository> open(std::string_view password = "x") {
    return std::make_unique<Repository>(backend_, as_bytes(password), OpenOptions{}, StopToken{});
  }
  FileKey first(FileKind kind) { return {kind, memory_.list(kind, {}).at(0).id}; }
  Bytes stored(const FileKey& key) { return memory_.load(key, std::nullopt, {}, {}); }

  /// Stores the text as a blob in a pack of its own; in no index file yet.
  FinishedPack save_pack(Repository& repository, std::string_view text) {
    const auto codec = repository.make_codec();
    PackBuilder builder;
    builder.add(codec->seal_blob({BlobType::kData, sha256(as_bytes(text))}, as_bytes(text)));
    FinishedPack pack = builder.finish(*codec);
    backend_.save({FileKind::kPack, pack.description.id}, pack.bytes, {});
    return pack;
  }
  /// The same, and the index file that names it.
  Id save_indexed(Repository& repository, std::string_view text) {
    const std::vector<PackDescription> packs{save_pack(repository, text).description};
    return repository.save_file(FileKind::kIndex, as_bytes(encode_index(packs)), {});
  }
  void damage(const FinishedPack& pack) {
    Bytes bytes = pack.bytes;
    bytes[20] ^= 1;
    memory_.save({FileKind::kPack, pack.description.id}, bytes, {});
  }

  MemoryBackend memory_;
  test::FaultBackend backend_{memory_};
};

}  // namespace snapfs
