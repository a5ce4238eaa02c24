// Trees and snapshots stored in a repository and found there again.
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/base/error.h"
#include "fs/crypto/sha256.h"
#include "fs/repo/repository.h"
#include "fs/store/index_saver.h"
#include "fs/store/pack_saver.h"
#include "fs/store/pack_writer.h"
#include "fs/time/clock.h"
#include "fs/tree/node_json.h"
#include "fs/tree/snapshot_list.h"
#include "fs/tree/tree_builder.h"
#include "fs/tree/tree_reader.h"
#include "tests/support/quick_init.h"

namespace snapfs {
namespace {

class TreeRepository : public testing::Test {
 protected:
  /// One repository for all tests.
  static void SetUpTestSuite() {
    Repository::init(backend(), as_bytes("secret"), kQuickInit, {});
    repository_ =
        std::make_unique<Repository>(backend(), as_bytes("secret"), OpenOptions{}, StopToken());
  }

  static void TearDownTestSuite() { repository_.reset(); }

  void TearDown() override {
    for (const Id& id : repository_->list(FileKind::kSnapshot, {})) {
      backend().remove({FileKind::kSnapshot, id}, {});
    }
  }

  static MemoryBackend& backend() {
    static MemoryBackend backend;
    return backend;
  }

  Id store_tree(std::string_view blob) {
    const SystemClock clock;
    IndexSaver indexes(*repository_, clock);
    PackSaver sink(*repository_, indexes);
    PackWriter writer(sink, PackWriter::kDefaultTargetBytes);
    const auto codec = repository_->make_codec();
    const BlobHandle handle{BlobType::kTree, sha256(as_bytes(blob))};
    writer.add(codec->seal_blob(handle, as_bytes(blob)), *codec, {});
    writer.flush(*codec, {});
    indexes.flush({});
    return handle.id;
  }

  Snapshot snapshot_at(std::int64_t seconds) {
    Snapshot snapshot;
    snapshot.time.instant.seconds = seconds;
    snapshot.tree.bytes.fill(7);
    snapshot.paths = {"/p"};
    snapshot.id = save_snapshot(*repository_, snapshot, {});
    return snapshot;
  }

  inline static std::unique_ptr<Repository> repository_;
};

TEST_F(TreeRepository, GivesADirectoryBack) {
  TreeBuilder builder;
  std::vector<Node> nodes(2);
  nodes[0].name = "a";
  nodes[1].name = "b\n";
  for (const Node& node : nodes) {
    std::string json;
    append_node_json(json, node, TimeZone());
    builder.add(json);
  }
  const Id id = store_tree(builder.finish());
  EXPECT_EQ(load_tree(*repository_, id, {}), nodes);
}

TEST_F(TreeRepository, NamesTheTreeThatIsDamagedOrMissing) {
  const Id id = store_tree("{}\n");
  try {
    load_tree(*repository_, id, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kDamaged);
    EXPECT_NE(std::string(error.what()).find(id.hex()), std::string::npos) << error.what();
  }
  try {
    load_tree(*repository_, Id{}, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  }
}

TEST_F(TreeRepository, ListsSnapshotsByTime) {
  EXPECT_TRUE(load_snapshots(*repository_, {}).empty());
  std::vector<Snapshot> expected;
  for (std::int64_t seconds = 1; seconds <= 20; ++seconds) {
    expected.push_back(snapshot_at(seconds * 7 % 23));
  }
  std::sort(expected.begin(), expected.end(),
            [](const Snapshot& a, const Snapshot& b) { return a.time.instant < b.time.instant; });
  EXPECT_EQ(load_snapshots(*repository_, {}), expected);
}

TEST_F(TreeRepository, ListsSnapshotsOfTheSameInstantById) {
  std::set<Id> expected;
  for (int i = 0; i < 10; ++i) expected.insert(snapshot_at(5).id);
  std::vector<Id> ids;
  for (const Snapshot& snapshot : load_snapshots(*repository_, {})) ids.push_back(snapshot.id);
  EXPECT_EQ(ids, std::vector<Id>(expected.begin(), expected.end()));
}

TEST_F(TreeRepository, RefusesToListWhenASnapshotIsDamaged) {
  snapshot_at(1);
  const Id bad = repository_->save_file(FileKind::kSnapshot, as_bytes("{}"), {});
  try {
    load_snapshots(*repository_, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kDamaged);
    EXPECT_EQ(error.subject(), "snapshot " + bad.hex());
  }
}

TEST_F(TreeRepository, ASnapshotThatCannotBeReadStopsNoOther) {
  const Snapshot good = snapshot_at(1);
  const auto store = [&](const Bytes& stored) {
    const Id id = sha256(stored);
    backend().save({FileKind::kSnapshot, id}, stored, {});
    return id;
  };
  const auto codec = repository_->make_codec();
  const Bytes bomb(max_text_bytes(FileKind::kSnapshot) + 1, '[');
  const std::map<Id, ErrorCode> expected{
      {store(codec->seal_raw(as_bytes("\x03 of a newer program"))), ErrorCode::kUnsupported},
      {store(codec->seal_file(bomb)), ErrorCode::kUnsupported},
      {store(codec->seal_file(as_bytes("{}"))), ErrorCode::kDamaged}};
  std::map<Id, ErrorCode> told;
  const auto tell = [&](const Id& id, const Error& error) {
    told[id] = error.code();
    EXPECT_NE(std::string_view(error.what()).find(id.short_hex()), std::string_view::npos)
        << error.what();
  };
  EXPECT_EQ(load_snapshots(*repository_, {}, tell), std::vector{good});
  EXPECT_EQ(told, expected);
}

TEST_F(TreeRepository, StopsListingWhenAsked) {
  snapshot_at(1);
  StopSource source;
  source.request_stop();
  try {
    load_snapshots(*repository_, source.get_token());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
}

}  // namespace
}  // namespace snapfs
