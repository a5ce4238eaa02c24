// Directories, and what stands in their place in tests.
#include <gtest/gtest.h>

#include "fs/backend/local.h"
#include "fs/backend/memory.h"
#include "tests/fs/backend/conformance/conformance.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

class MemoryPlace final : public Place {
 public:
  Backend& backend() override { return backend_; }

 private:
  MemoryBackend backend_;
};

class LocalPlace final : public Place {
 public:
  Backend& backend() override { return backend_; }

 private:
  test::TemporaryDirectory directory_;
  LocalBackend backend_{directory_ / "repository"};
};

using Places = ::testing::Types<MemoryPlace, LocalPlace>;
INSTANTIATE_TYPED_TEST_SUITE_P(Local, Conformance, Places, PlaceNames);

}  // namespace
}  // namespace snapfs
