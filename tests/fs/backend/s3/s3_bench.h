// A store in memory, and the backend before it, for the tests of S3Backend. Only a header.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "fs/backend/s3/s3_backend.h"
#include "tests/support/fake_s3.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/manual_clock.h"
#include "tests/support/manual_timer.h"
#include "tests/support/sent_header.h"

namespace snapfs::test {

class S3Bench {
 public:
  explicit S3Bench(FakeS3::Settings settings = {}, S3Options options = {},
                   std::string_view location = "http://store/bucket/prefix") {
    auto owned = std::make_unique<FakeS3>(std::move(settings));
    store_ = owned.get();
    backend_ = std::make_unique<S3Backend>(std::move(owned), S3Location::parse(location),
                                           std::move(options), fake_s3_variables, clock_, timer_);
  }

  FakeS3& store() { return *store_; }
  S3Backend& backend() { return *backend_; }
  ManualClock& clock() { return clock_; }

 private:
  ManualClock clock_;
  ManualTimer timer_;
  FakeS3* store_ = nullptr;
  std::unique_ptr<S3Backend> backend_;
};

/// Files to store in it.
inline const FileKey kPackKey{FileKind::kPack, numbered_id(1)};
inline const FileKey kLockKey{FileKind::kLock, numbered_id(2)};

}  // namespace snapfs::test
