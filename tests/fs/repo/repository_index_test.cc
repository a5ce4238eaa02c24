// What of the index is read, and when it is read again.
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "fs/crypto/sha256.h"
#include "fs/format/index_file.h"
#include "fs/repo/repository.h"
#include "tests/fs/repo/repository_fixture.h"
#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/waiting_backend.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::fails_with;
using test::numbered_id;

class RepositoryIndexTest : public RepositoryTest {};

// A mount that is there for months would grow with every prune.
TEST_F(RepositoryIndexTest, ReadsTheIndexAnewWhenHalfOfItIsGone) {
  init();
  const auto repository = open();
  const auto save_index = [&](std::string_view text) { return save_indexed(*repository, text); };
  const auto has = [&](std::string_view text) {
    return repository->index().contains({BlobType::kData, sha256(as_bytes(text))});
  };
  std::vector<Id> files;
  for (const std::string_view text : {"1", "2", "3", "4"}) files.push_back(save_index(text));
  repository->load_index({});
  memory_.remove({FileKind::kIndex, files[0]}, {});
  const std::uint64_t version = repository->index().version();
  repository->load_index({});
  EXPECT_TRUE(has("1")) << "somebody may still look for it";
  EXPECT_EQ(repository->index().version(), version);
  save_index("5");
  repository->load_index({});
  memory_.remove({FileKind::kIndex, files[1]}, {});
  repository->load_index({});
  EXPECT_EQ(repository->index().blob_count(), 5U) << "two of five are gone";
  memory_.remove({FileKind::kIndex, files[2]}, {});
  repository->load_index({});
  EXPECT_EQ(repository->index().blob_count(), 2U);
  EXPECT_TRUE(has("4") && has("5"));
  EXPECT_NE(repository->index().version(), version);

  // What this program stored is in no index file yet.
  repository->index().add_packs({save_pack(*repository, "6").description});
  memory_.remove({FileKind::kIndex, files[3]}, {});
  save_index("7");
  repository->load_index({});
  EXPECT_TRUE(has("4") && has("5") && has("6") && has("7"));
}

TEST_F(RepositoryIndexTest, KeepsTheIndexWhenTheStorageIsEmpty) {
  init();
  const auto repository = open();
  const FileKey file{FileKind::kIndex, save_indexed(*repository, "1")};
  repository->load_index({});
  memory_.remove(file, {});
  repository->load_index({});
  EXPECT_EQ(repository->index().blob_count(), 1U) << "its file system may be unmounted";
}

TEST_F(RepositoryIndexTest, KeepsTheIndexWhenItsFilesChangeUnderTheEyes) {
  init();
  const auto repository = open();
  const Id file = save_indexed(*repository, "1");
  repository->load_index({});
  memory_.remove({FileKind::kIndex, file}, {});
  const Id other = save_indexed(*repository, "2");
  // It is listed, and listed no more when somebody looks again.
  int lists = 0;
  backend_.before_each_call([&](BackendCall call, const FileKey& key) {
    if (call != BackendCall::kList || key.kind != FileKind::kIndex || ++lists != 2) return;
    memory_.remove({FileKind::kIndex, other}, {});
  });
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { repository->load_index({}); }));
  EXPECT_TRUE(repository->index().contains({BlobType::kData, sha256(as_bytes("1"))}));
}

TEST_F(RepositoryIndexTest, LoadsOnlyTheIndexFilesItDoesNotKnow) {
  init();
  const auto repository = open();
  const auto save_index = [&](std::string_view text) { return save_indexed(*repository, text); };
  save_index("one");
  save_index("two");
  const test::CallFilter loads{BackendCall::kLoad, FileKind::kIndex};
  repository->load_index({});
  EXPECT_EQ(backend_.ended(loads), 2U);
  EXPECT_EQ(repository->index().blob_count(), 2U);
  const Id third = save_index("three");
  backend_.fail(loads, 1, ErrorCode::kUnavailable);
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, [&] { repository->load_index({}); }));
  repository->load_index({});
  EXPECT_EQ(backend_.ended(loads), 4U);
  EXPECT_EQ(as_text(repository->load_blob({BlobType::kData, sha256(as_bytes("three"))}, {})),
            "three");

  Bytes bad = stored({FileKind::kIndex, third});
  bad.back() ^= 1;
  memory_.save({FileKind::kIndex, third}, bad, {});
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, third.short_hex(), [&] { open()->load_index({}); }));
}

TEST_F(RepositoryIndexTest, KeepsNoIndexFileThatWasReadEarlyAndThatItKnew) {
  init();
  test::WaitingBackend storage(memory_, StorageTraits{.requests = 256});
  Repository repository(storage, as_bytes("x"), OpenOptions{}, StopToken{});
  const std::vector<PackDescription> packs{save_pack(repository, "one").description};
  const Id id = repository.save_file(FileKind::kIndex, as_bytes(encode_index(packs)), {});
  repository.load_index({});
  repository.files().read_early({FileKind::kIndex}, {});
  repository.load_index({});
  storage.forget();
  repository.files().load_verified({FileKind::kIndex, id}, {});
  EXPECT_EQ(storage.count({BackendCall::kLoad, FileKind::kIndex}), 1U);
}

TEST_F(RepositoryIndexTest, LooksOnceMoreForABlobThatItDoesNotHave) {
  init();
  const auto repository = open();
  const Id late = save_indexed(*repository, "late");
  backend_.hide_from_lists({FileKind::kIndex, late});
  repository->load_index({});
  const test::CallFilter lists{BackendCall::kList, FileKind::kIndex};
  const BlobHandle blob{BlobType::kData, sha256(as_bytes("late"))};
  backend_.show_in_lists();
  EXPECT_EQ(as_text(repository->load_blob(blob, {})), "late");
  const std::size_t listed = backend_.ended(lists);
  const BlobHandle none{BlobType::kData, numbered_id(1)};
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { repository->load_blob(none, {}); }));
  }
  EXPECT_EQ(backend_.ended(lists), listed) << "one look more is enough";
}

TEST_F(RepositoryIndexTest, ASecondLookThatFailsIsNoMissingBlob) {
  init();
  const auto repository = open();
  repository->load_index({});
  backend_.fail({BackendCall::kList, FileKind::kIndex}, 1, ErrorCode::kUnavailable);
  const BlobHandle none{BlobType::kData, numbered_id(1)};
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, [&] { repository->load_blob(none, {}); }));
}

}  // namespace
}  // namespace snapfs
