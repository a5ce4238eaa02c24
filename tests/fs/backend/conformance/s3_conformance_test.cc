// Object stores: one in memory, and a real one if there is any.
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "fs/backend/s3/s3_backend.h"
#include "tests/fs/backend/conformance/conformance.h"
#include "tests/support/fake_s3.h"
#include "tests/support/manual_clock.h"
#include "tests/support/s3_server.h"

namespace snapfs {
namespace {

/// An object store in memory, with its clock and its credentials.
class S3Place final : public Place {
 public:
  Backend& backend() override { return backend_; }
  bool tells_what_it_misses() const override { return false; }

 private:
  test::ManualClock clock_;
  S3Backend backend_{std::make_unique<test::FakeS3>(),
                     S3Location::parse("http://store/bucket/a b"),
                     {},
                     test::fake_s3_variables,
                     clock_};
};

/// A real one; the bucket is made once.
class S3ServerPlace final : public Place {
 public:
  S3ServerPlace() : backend_(test::s3_server() ? test::open_s3_server() : nullptr) {
    if (!backend_) return;
    static const bool made = (backend_->create({}), true);
    (void)made;
  }
  Backend& backend() override { return *backend_; }
  bool tells_what_it_misses() const override { return false; }
  static std::string missing() {
    return test::s3_server() ? "" : "SNAPFS_TEST_S3 names no object store";
  }

 private:
  const std::unique_ptr<S3Backend> backend_;
};

using Places = ::testing::Types<S3Place, S3ServerPlace>;
INSTANTIATE_TYPED_TEST_SUITE_P(S3, Conformance, Places, PlaceNames);

}  // namespace
}  // namespace snapfs
