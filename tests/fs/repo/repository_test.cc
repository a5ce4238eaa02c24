// Opening, damage, and blobs by ID.
#include "fs/repo/repository.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/cache/file_cache.h"
#include "fs/crypto/sha256.h"
#include "fs/format/key_file.h"
#include "fs/store/index_saver.h"
#include "fs/store/pack_saver.h"
#include "tests/fs/repo/repository_fixture.h"
#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/manual_clock.h"
#include "tests/support/real_repository.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/waiting_backend.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::fails_with;
using test::from_hex;
using test::numbered_id;
using test::to_bytes;

TEST_F(RepositoryTest, TheCacheLetsGoOfPacksThatTheLoadedIndexDoesNotName) {
  test::save_real_repository(memory_);
  const auto other = open();
  other->load_index({});
  const Id named = other->index().contents().packs.at(0);
  const Id gone = numbered_id(1);
  const auto repository = open();
  const test::TemporaryDirectory directory;
  repository->files().use_cache(std::make_unique<FileCache>(
      FileCacheOptions{directory / "cache", {.max_bytes = 1 << 20, .min_free_bytes = 0}},
      repository->config().id));
  const std::string kept = directory / "cache/" + repository->config().id.hex() + "/data/";
  const auto file = [&](const Id& pack) {
    return kept + pack.hex().substr(0, 2) + "/" + pack.hex();
  };
  for (const Id& pack : {named, gone}) {
    repository->files().save({FileKind::kPack, pack}, Bytes(100), {}, Content::kTree);
    std::filesystem::last_write_time(
        file(pack), std::filesystem::file_time_type::clock::now() - std::chrono::hours(48));
  }
  repository->load_index({});
  EXPECT_TRUE(std::filesystem::exists(file(named)));
  EXPECT_FALSE(std::filesystem::exists(file(gone)));
}

TEST_F(RepositoryTest, OpensTheReferenceProgramsRepository) {
  test::save_real_repository(memory_);
  const auto repository = open();
  EXPECT_EQ(encode_config(repository->config()), test::kRealConfigJson);
  repository->load_index({});
  EXPECT_EQ(repository->index().blob_count(), 1U);
  const FileKey index{FileKind::kIndex, *Id::parse(test::kRealIndexId)};
  EXPECT_EQ(as_text(repository->load_file(index, {})), test::kRealIndexJson);

  const Id pack = *Id::parse(test::kRealPackId);
  const BlobHandle handle{BlobType::kData, *Id::parse(test::kRealBlobId)};
  EXPECT_TRUE(
      fails_with(ErrorCode::kNotFound, "98ea6e4f", [&] { repository->load_blob(handle, {}); }));
  repository->index().add_packs({{pack, {{handle, 0, 44, 3}}}});
  EXPECT_EQ(as_text(repository->load_blob(handle, {})), "hi\n");
  EXPECT_TRUE(fails_with(ErrorCode::kWrongPassword, "wrong password", [&] { open("y"); }));
}

TEST_F(RepositoryTest, InitMakesWhatOpensInBothVersions) {
  for (const unsigned version : {1U, 2U}) {
    MemoryBackend backend;
    InitOptions options = kQuickInit;
    options.version = version;
    const Config made = Repository::init(backend, as_bytes("secret"), options, {});
    Repository repository(backend, as_bytes("secret"), {}, {});
    EXPECT_EQ(repository.config().version, version);
    EXPECT_EQ(repository.config().id, made.id);
    const Id id = repository.save_file(FileKind::kSnapshot, as_bytes("{\"a\":1}"), {});
    EXPECT_EQ(as_text(repository.load_file({FileKind::kSnapshot, id}, {})), "{\"a\":1}");
    EXPECT_EQ(repository.list(FileKind::kSnapshot, {}), std::vector{id});
  }
  InitOptions options = kQuickInit;
  options.version = 3;
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "version 3", [&] { init(options); }));
  EXPECT_EQ(backend_.ended({BackendCall::kSave, {}}), 0U);
}

TEST_F(RepositoryTest, NoFileIsReadOrWrittenThatIsLargerThanItsKind) {
  init();
  const auto repository = open();
  for (const FileKind kind : {FileKind::kLock, FileKind::kSnapshot}) {
    const Bytes text(max_text_bytes(kind) + 1, '[');
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, "nobody could read",
                           [&] { repository->save_file(kind, text, {}); }));
    // A few kilobytes, which another program made.
    const Bytes stored = repository->make_codec()->seal_file(text);
    EXPECT_LT(stored.size(), 64U << 10);
    const FileKey bomb{kind, sha256(stored)};
    memory_.save(bomb, stored, {});
    EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, describe(bomb),
                           [&] { repository->load_file(bomb, {}); }));
    // What is not too much is both written and read.
    const Id most = repository->save_file(kind, ByteView(text).first(text.size() - 1), {});
    EXPECT_EQ(repository->load_file({kind, most}, {}).size(), text.size() - 1);
  }
}

TEST_F(RepositoryTest, InitRefusesAPlaceThatIsUsed) {
  init();
  EXPECT_TRUE(fails_with(ErrorCode::kExists, "already a repository", [&] { init(); }));
  memory_.remove(FileKey::config(), {});
  EXPECT_TRUE(fails_with(ErrorCode::kExists, "keys", [&] { init(); }));
  memory_.remove(first(FileKind::kKey), {});
  memory_.save({FileKind::kSnapshot, numbered_id(1)}, as_bytes("x"), {});
  EXPECT_TRUE(fails_with(ErrorCode::kExists, "snapshots", [&] { init(); }));
  EXPECT_EQ(memory_.size(FileKey::config(), {}), std::nullopt);
}

TEST_F(RepositoryTest, InitWritesTheConfigLast) {
  backend_.fail({BackendCall::kSave, FileKind::kConfig}, 1, ErrorCode::kNoSpace);
  EXPECT_TRUE(fails_with(ErrorCode::kNoSpace, [&] { init(); }));
  EXPECT_NE(memory_.size(first(FileKind::kKey), {}), std::nullopt);
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "config", [&] { open(); }));
}

TEST_F(RepositoryTest, SaysThatThereIsNoRepository) {
  EXPECT_TRUE(fails_with(ErrorCode::kNoRepository, "snapfs init", [&] { open(); }));
  memory_.save(FileKey::config(), {}, {});
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "is empty", [&] { open(); }));
  memory_.save(FileKey::config(), as_bytes("x"), {});
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "no key files", [&] { open(); }));
}

TEST_F(RepositoryTest, RefusesEveryTruncationOfTheConfig) {
  init();
  const Bytes config = stored(FileKey::config());
  // The key is derived anew each time, so not every length of the middle.
  for (std::size_t size = 1; size < config.size(); size += size < 40 ? 1 : 13) {
    memory_.save(FileKey::config(), ByteView(config).first(size), {});
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "the config", [&] { open(); })) << size;
  }
}

TEST_F(RepositoryTest, RefusesEveryTruncationOfTheKey) {
  init();
  const FileKey key = first(FileKind::kKey);
  const Bytes content = stored(key);
  for (std::size_t size = 0; size < content.size(); ++size) {
    memory_.save(key, ByteView(content).first(size), {});
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, describe(key), [&] { open(); })) << size;
    // Even under the name that its bytes ask for.
    memory_.remove(key, {});
    const FileKey renamed{FileKind::kKey, sha256(ByteView(content).first(size))};
    memory_.save(renamed, ByteView(content).first(size), {});
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "key", [&] { open(); })) << size;
    memory_.remove(renamed, {});
  }
}

TEST_F(RepositoryTest, RefusesConfigsThatAreSealedRightButWrong) {
  init();
  const auto repository = open();
  const auto codec = repository->make_codec();
  const std::string good = encode_config(repository->config());
  const auto refused = [&](std::string_view old, std::string_view replacement, ErrorCode code) {
    std::string json = good;
    json.replace(json.find(old), old.size(), replacement);
    memory_.save(FileKey::config(), codec->seal_raw(as_bytes(json)), {});
    return fails_with(code, "config", [&] { open(); });
  };
  EXPECT_TRUE(refused("\"version\":2", "\"version\":3", ErrorCode::kUnsupported));
  const std::string polynomial = repository->config().chunker_polynomial.hex();
  EXPECT_TRUE(refused(polynomial, "20000000000002", ErrorCode::kDamaged));
  EXPECT_TRUE(refused(good, "garbage", ErrorCode::kDamaged));
}

TEST_F(RepositoryTest, TriesEveryKey) {
  test::save_real_repository(memory_);
  // A second key of the same repository, with another password.
  const std::string json = encode_key_file(
      make_key_file(test::real_master(), as_bytes("second"), {1024, 8, 1}, {}, "u", "h"));
  memory_.save({FileKind::kKey, sha256(as_bytes(json))}, as_bytes(json), {});
  EXPECT_NO_THROW(open("second"));
  EXPECT_NO_THROW(open("x"));
}

TEST_F(RepositoryTest, ReadsAFileAgainWhenItsBytesDoNotMatchItsName) {
  init();
  const auto repository = open();
  const FileKey key{FileKind::kSnapshot,
                    repository->save_file(FileKind::kSnapshot, as_bytes("{}"), {})};
  const Bytes good = stored(key);
  Bytes bad = good;
  bad[5] ^= 4;
  memory_.save(key, bad, {});
  const std::size_t before = backend_.ended({BackendCall::kLoad, {}});
  EXPECT_TRUE(
      fails_with(ErrorCode::kDamaged, describe(key), [&] { repository->load_file(key, {}); }));
  EXPECT_EQ(backend_.ended({BackendCall::kLoad, {}}), before + 2);
  int loads = 0;
  backend_.before_each_call([&](BackendCall call, const FileKey&) {
    if (call == BackendCall::kLoad && ++loads == 2) memory_.save(key, good, {});
  });
  EXPECT_EQ(as_text(repository->load_file(key, {})), "{}");
}

TEST_F(RepositoryTest, ServesTheCopyThatIsIntact) {
  init();
  const auto repository = open();
  std::vector<FinishedPack> packs;
  for (int i = 0; i < 3; ++i) packs.push_back(save_pack(*repository, "text"));
  for (const FinishedPack& pack : packs) repository->index().add_packs({pack.description});
  const BlobHandle handle{BlobType::kData, sha256(as_bytes("text"))};
  ASSERT_EQ(repository->index().find(handle).size(), 3U);
  damage(packs[0]);
  memory_.remove({FileKind::kPack, packs[1].description.id}, {});
  EXPECT_EQ(as_text(repository->load_blob(handle, {})), "text");
  damage(packs[2]);
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "pack ", [&] { repository->load_blob(handle, {}); }));
}

TEST_F(RepositoryTest, NamesTheDamagedPackAndTellsDamageFromFailure) {
  init();
  const auto repository = open();
  const FinishedPack pack = save_pack(*repository, "text");
  repository->index().add_packs({pack.description});
  const BlobHandle handle{BlobType::kData, sha256(as_bytes("text"))};
  backend_.fail({BackendCall::kLoad, FileKind::kPack}, 1, ErrorCode::kIo);
  EXPECT_EQ(as_text(repository->load_blob(handle, {})), "text") << "a fault that passes";
  backend_.fail({BackendCall::kLoad, FileKind::kPack}, 1, ErrorCode::kIo,
                test::FaultBackend::kForever);
  EXPECT_TRUE(fails_with(ErrorCode::kIo, [&] { repository->load_blob(handle, {}); }));
  backend_.clear_faults();
  damage(pack);
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, pack.description.id.short_hex(),
                         [&] { repository->load_blob(handle, {}); }));
  StopSource source;
  source.request_stop();
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled,
                         [&] { repository->load_blob(handle, source.get_token()); }));
}

TEST_F(RepositoryTest, BelievesALossThatItSawTwice) {
  init();
  const auto repository = open();
  const FinishedPack pack = save_pack(*repository, "text");
  repository->index().add_packs({pack.description});
  const BlobHandle handle{BlobType::kData, sha256(as_bytes("text"))};
  const test::CallFilter loads{BackendCall::kLoad, FileKind::kPack};
  for (const ErrorCode code : {ErrorCode::kDamaged, ErrorCode::kNotFound, ErrorCode::kIo}) {
    backend_.fail(loads, 1, code);
    EXPECT_EQ(as_text(repository->load_blob(handle, {})), "text") << "a short body, seen once";
    backend_.fail(loads, 1, code);
    const BlobLocation place = repository->index().find(handle).at(0);
    const Bytes run = repository->files().load({FileKind::kPack, place.pack},
                                               ByteRange{place.offset, place.length}, {}, {});
    EXPECT_EQ(run.size(), place.length);
    backend_.fail(loads, 1, code, 2);
    EXPECT_TRUE(fails_with(code == ErrorCode::kIo ? ErrorCode::kIo : ErrorCode::kDamaged,
                           [&] { repository->load_blob(handle, {}); }));
  }
}

TEST_F(RepositoryTest, StorageThatDoesNotAnswerIsAskedForNoOtherCopy) {
  init();
  const auto repository = open();
  for (int copy = 0; copy < 3; ++copy) {
    repository->index().add_packs({save_pack(*repository, "text").description});
  }
  const BlobHandle handle{BlobType::kData, sha256(as_bytes("text"))};
  const test::CallFilter loads{BackendCall::kLoad, FileKind::kPack};
  std::size_t asked = 0;
  for (const ErrorCode code : {ErrorCode::kUnavailable, ErrorCode::kWrongCredentials,
                               ErrorCode::kOutOfResources, ErrorCode::kPermission}) {
    backend_.fail(loads, 1, code);
    EXPECT_TRUE(fails_with(code, "planted", [&] { repository->load_blob(handle, {}); }));
    EXPECT_EQ(backend_.ended(loads), ++asked);
  }
  // A bad sector is another matter.
  backend_.fail(loads, 1, ErrorCode::kIo, 4);
  EXPECT_EQ(as_text(repository->load_blob(handle, {})), "text");
}

TEST_F(RepositoryTest, AWindowThatCannotBeLoadedStandsInNobodysWay) {
  init();
  Repository repository(backend_, as_bytes("x"), OpenOptions{}, StopToken{});
  PackBuilder builder;
  std::vector<BlobHandle> blobs;
  for (const std::string_view text : {"below", "above"}) {
    blobs.push_back({BlobType::kTree, sha256(as_bytes(text))});
    builder.add(repository.make_codec()->seal_blob(blobs.back(), as_bytes(text)));
  }
  const FinishedPack pack = builder.finish(*repository.make_codec());
  const FileKey key{FileKind::kPack, pack.description.id};
  memory_.save(key, pack.bytes, {});
  test::WaitingBackend far(backend_, StorageTraits{.requests = 256});
  const auto reader = [&] {
    auto opened = std::make_unique<Repository>(far, as_bytes("x"), OpenOptions{}, StopToken{});
    opened->index().add_packs({pack.description});
    return opened;
  };
  // A window that is wrong twice: the tree itself is read for itself, and is sound.
  const auto opened = reader();
  const std::uint64_t end = pack.description.entries[1].offset + pack.description.entries[1].length;
  backend_.fail({BackendCall::kLoad, FileKind::kPack}, 1, ErrorCode::kDamaged, 2);
  far.forget();
  EXPECT_EQ(as_text(opened->load_blob(blobs[1], {})), "above");
  ASSERT_EQ(far.seen().size(), 3U);
  EXPECT_EQ(far.seen()[0].range->length, end);
  EXPECT_EQ(far.seen()[2].range->length, pack.description.entries[1].length);
  EXPECT_EQ(as_text(opened->load_blob(blobs[1], {})), "above");
  EXPECT_EQ(far.seen().back().range->length, end) << "the next one is widened again";
  backend_.fail({BackendCall::kLoad, FileKind::kPack}, 1, ErrorCode::kUnavailable);
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, [&] { reader()->load_blob(blobs[1], {}); }));
  Bytes damaged = pack.bytes;
  damaged[20] ^= 1;  // of the one below
  memory_.save(key, damaged, {});
  const auto second = reader();
  EXPECT_EQ(as_text(second->load_blob(blobs[1], {})), "above");
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [&] { second->load_blob(blobs[0], {}); }));
  memory_.save(key, pack.bytes, {});
  EXPECT_EQ(as_text(second->load_blob(blobs[0], {})), "below") << "what is kept is not believed";
}

TEST_F(RepositoryTest, SaversWritePacksThenTheirIndex) {
  init();
  const auto repository = open();
  const auto codec = repository->make_codec();
  test::ManualClock clock;
  IndexSaver indexes(*repository, clock);
  PackSaver packs(*repository, indexes);
  const auto submit = [&](std::string_view text) {
    PackBuilder builder;
    builder.add(codec->seal_blob({BlobType::kData, sha256(as_bytes(text))}, as_bytes(text)));
    packs.submit(builder.finish(*codec), {});
  };
  const test::CallFilter saved{BackendCall::kSave, FileKind::kIndex};
  submit("one");
  EXPECT_EQ(as_text(repository->load_blob({BlobType::kData, sha256(as_bytes("one"))}, {})), "one");
  clock.advance(std::chrono::minutes(10) - std::chrono::seconds(1));
  submit("two");
  EXPECT_EQ(backend_.ended(saved), 0U);
  clock.advance(std::chrono::seconds(1));
  submit("three");
  EXPECT_EQ(backend_.ended(saved), 1U) << "ten minutes old";
  submit("four");
  indexes.flush({});
  indexes.flush({});
  EXPECT_EQ(backend_.ended(saved), 2U);
  const auto again = open();
  again->load_index({});
  for (const std::string_view text : {"one", "two", "three", "four"}) {
    EXPECT_EQ(as_text(again->load_blob({BlobType::kData, sha256(as_bytes(text))}, {})), text);
  }
}

}  // namespace
}  // namespace snapfs
