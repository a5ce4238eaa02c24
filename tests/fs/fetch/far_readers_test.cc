// For everybody who reads: how many requests are under way at once, and how many there are in all,
// when storage is far away.
#include "tests/support/far_readers.h"

#include <cstddef>
#include <future>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/base/core_count.h"
#include "tests/support/fault_backend.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/waiting_backend.h"

namespace snapfs {
namespace {

/// Storage that is far away. Nothing lies near anything else: each blob is a pack.
const StorageTraits kFar{.requests = 32 + static_cast<unsigned>(core_count()), .pack_transfers = 5};

class FarReadersTest : public ::testing::TestWithParam<test::FarReader> {
 protected:
  static const test::FarRepository& stored() {
    static const test::FarRepository made = test::make_far_repository(memory(), {});
    return made;
  }
  static MemoryBackend& memory() {
    static MemoryBackend backend;
    return backend;
  }
};

TEST_P(FarReadersTest, AsksForAllThatItKnowsOfAtOnce) {
  const test::FarReader& reader = GetParam();
  const test::FarRepository& all = stored();
  test::WaitingBackend waiting(memory(), kFar);
  const auto repository = test::open_far_repository(waiting, reader.needs_index);
  const test::CallFilter loads{test::BackendCall::kLoad, reader.kind};
  waiting.forget();
  waiting.hold(loads);
  auto run = std::async(std::launch::async, [&] { reader.run(*repository, all); });
  for (std::size_t i = 0; i < reader.alone; ++i) {
    EXPECT_TRUE(waiting.wait_until_waiting(1));
    waiting.release_first();
  }
  EXPECT_TRUE(waiting.wait_until_waiting(reader.at_once));
  waiting.release();
  run.get();
  EXPECT_LE(waiting.most_at_once(), kFar.requests + 1) << "who waits for one loads it himself";
  // Each thing is asked for once.
  EXPECT_LE(waiting.count(loads), reader.requests);
}

std::vector<test::FarReader> all_readers() {
  static const test::TemporaryDirectory directory;
  return test::far_readers(directory.path());
}

INSTANTIATE_TEST_SUITE_P(All, FarReadersTest, ::testing::ValuesIn(all_readers()),
                         [](const auto& info) {
                           std::string name;
                           for (const char c : info.param.name) {
                             if (std::isalnum(static_cast<unsigned char>(c))) name += c;
                           }
                           return name;
                         });

}  // namespace
}  // namespace snapfs
