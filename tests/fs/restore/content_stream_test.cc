// Content in order, whatever the order in which it is loaded.
#include "fs/restore/content_stream.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/base/error.h"
#include "tests/support/fault_backend.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

class ContentStreamTest : public ::testing::Test {
 protected:
  std::vector<Id> make_blobs(std::size_t count) {
    std::vector<Id> blobs;
    for (std::size_t i = 0; i < count; ++i) blobs.push_back(maker_.add_data(text_of(i)));
    maker_.flush();
    return blobs;
  }
  static std::string text_of(std::size_t i) { return "blob " + std::to_string(i) + "\n"; }

  void add(ContentStream& stream, const Id& blob) {
    stream.add_blob(blob, [this](ByteView bytes) { out_ += as_text(bytes); });
  }

  MemoryBackend memory_;
  snapfs::test::FaultBackend backend_{memory_};
  test::RepositoryMaker maker_{backend_};
  Fetcher fetcher_{maker_.repository()};
  std::string out_;
};

TEST_F(ContentStreamTest, KeepsTheOrderOfBlobsAndActionsOverManyBatches) {
  const std::vector<Id> blobs = make_blobs(100);
  std::string expected;
  ContentStream stream(fetcher_, {}, {.batch_bytes = 50, .batch_steps = 7});
  for (std::size_t i = 0; i < 300; ++i) {
    const std::size_t which = i * 37 % blobs.size();
    stream.add_action([this] { out_ += "> "; });
    add(stream, blobs[which]);
    expected += "> " + text_of(which);
  }
  stream.finish();
  EXPECT_EQ(out_, expected);
}

TEST_F(ContentStreamTest, ReadsNeighboursWithOneAccess) {
  const std::vector<Id> blobs = make_blobs(100);
  const snapfs::test::CallFilter loads{snapfs::test::BackendCall::kLoad, FileKind::kPack};
  const std::size_t before = backend_.ended(loads);
  ContentStream stream(fetcher_, {});
  for (const Id& blob : blobs) add(stream, blob);
  stream.finish();
  EXPECT_EQ(backend_.ended(loads) - before, 1U);
}

TEST_F(ContentStreamTest, WhatIsDamagedIsAnErrorAtItsPlace) {
  const std::vector<Id> blobs = make_blobs(3);
  maker_.damage({BlobType::kData, blobs[1]});
  ContentStream stream(fetcher_, {});
  for (const Id& blob : blobs) add(stream, blob);
  EXPECT_THROW(stream.finish(), Error);
  EXPECT_EQ(out_, text_of(0));
}

TEST_F(ContentStreamTest, WhatNoIndexListsIsSaidAtOnce) {
  make_blobs(1);
  ContentStream stream(fetcher_, {});
  EXPECT_THROW(add(stream, Id::parse(std::string(64, '1')).value()), Error);
}

TEST_F(ContentStreamTest, EndsWithoutHavingWritten) {
  const std::vector<Id> blobs = make_blobs(10);
  {
    ContentStream stream(fetcher_, {}, {.batch_steps = 4});
    for (const Id& blob : blobs) add(stream, blob);
  }
  EXPECT_LT(out_.size(), 10 * text_of(0).size());
}

}  // namespace
}  // namespace snapfs
