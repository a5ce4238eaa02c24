// What every backend must do, run for each of them.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/backend.h"
#include "fs/backend/dry_run.h"
#include "fs/backend/http/curl_client.h"
#include "fs/backend/local.h"
#include "fs/backend/memory.h"
#include "fs/backend/open/open.h"
#include "fs/backend/rest/rest_backend.h"
#include "fs/backend/s3/s3_backend.h"
#include "fs/backend/sftp/sftp_backend.h"
#include "fs/backend/stack/request_limit.h"
#include "fs/backend/stack/retry.h"
#include "tests/support/fails_with.h"
#include "tests/support/fake_s3.h"
#include "tests/support/fault_backend.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/manual_clock.h"
#include "tests/support/manual_timer.h"
#include "tests/support/rest_server.h"
#include "tests/support/s3_server.h"
#include "tests/support/sftp_server.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/waiting_backend.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::fails_with;
using test::numbered_id;
using test::to_bytes;

/// An empty backend, with what it needs to exist.
class Place {
 public:
  virtual ~Place() = default;
  virtual Backend& backend() = 0;

  /// Whether removing what is not there is an error, or nobody hears of it.
  virtual bool tells_what_it_misses() const { return true; }

  /// What a place of that type needs and this machine has not; empty when nothing.
  static std::string missing() { return {}; }
};

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

/// The decorator that other tests put before a backend must not change it.
class FaultPlace final : public Place {
 public:
  Backend& backend() override { return backend_; }

 private:
  MemoryBackend inner_;
  test::FaultBackend backend_{inner_};
};

class WaitingPlace final : public Place {
 public:
  Backend& backend() override { return backend_; }

 private:
  MemoryBackend inner_;
  test::WaitingBackend backend_{inner_};
};

class RetryPlace final : public Place {
 public:
  Backend& backend() override { return backend_; }

 private:
  MemoryBackend inner_;
  RetryBackend backend_{inner_};
};

class RequestLimitPlace final : public Place {
 public:
  Backend& backend() override { return backend_; }

 private:
  MemoryBackend inner_;
  RequestLimitBackend backend_{inner_, 2};
};

/// A directory with all that would stand before it, were it far away.
class FarAwayPlace final : public Place {
 public:
  FarAwayPlace() { put_far_away(stack_, {}); }
  Backend& backend() override { return stack_.top(); }

 private:
  test::TemporaryDirectory directory_;
  BackendStack stack_{std::make_unique<LocalBackend>(directory_ / "repository")};
};

/// A directory behind OpenSSH's SFTP server, without ssh.
class SftpPlace : public Place {
 public:
  explicit SftpPlace(std::vector<std::string> command = {test::sftp_server()})
      : backend_({.host = "host", .path = directory_ / "repository"},
                 {.command = std::move(command)}) {}
  Backend& backend() override { return backend_; }
  static std::string missing() {
    return test::sftp_server().empty() ? "no sftp-server is installed" : "";
  }

 private:
  test::TemporaryDirectory directory_;
  SftpBackend backend_;
};

/// A server that can no more than it must, and reads less than it is asked for.
class PlainSftpPlace final : public SftpPlace {
 public:
  PlainSftpPlace() : SftpPlace(test::faulty_sftp_server({"--plain", "--shortest", "1000"})) {}
};

/// An object store in memory, with its clock and its credentials.
class S3Place final : public Place {
 public:
  Backend& backend() override { return backend_; }
  bool tells_what_it_misses() const override { return false; }

 private:
  static std::optional<std::string> variables(std::string_view name) {
    if (name == "AWS_ACCESS_KEY_ID") return std::string(test::kFakeKeyId);
    if (name == "AWS_SECRET_ACCESS_KEY") return std::string(test::kFakeSecret);
    return std::nullopt;
  }

  test::ManualClock clock_;
  S3Backend backend_{std::make_unique<test::FakeS3>(),
                     S3Location::parse("http://store/bucket/a b"),
                     {},
                     variables,
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

/// A repository on rest-server.
class RestServerPlace : public Place {
 public:
  Backend& backend() override { return backend_; }
  bool tells_what_it_misses() const override { return false; }
  static std::string missing() {
    return test::find_rest_server() ? "" : "no rest-server is installed";
  }

 protected:
  explicit RestServerPlace(bool says_version)
      : backend_(std::make_unique<VersionClient>(says_version),
                 RestLocation::parse(server_.url("/r/"))) {}

 private:
  /// May keep from the server that it knows version 2.
  class VersionClient final : public HttpClient {
   public:
    explicit VersionClient(bool says_version) : says_version_(says_version) {}
    HttpResponse perform(const HttpRequest& request, const StopToken& stop) override {
      HttpRequest sent = request;
      if (!says_version_) {
        std::erase_if(sent.headers,
                      [](const HttpHeader& header) { return header.first == "Accept"; });
      }
      return client_.perform(sent, stop);
    }

   private:
    const bool says_version_;
    CurlClient client_{CurlClientOptions{}};
  };

  test::RestServer server_;
  RestBackend backend_;
};

class RestServerVersion2Place final : public RestServerPlace {
 public:
  RestServerVersion2Place() : RestServerPlace(true) {}
};

class RestServerVersion1Place final : public RestServerPlace {
 public:
  RestServerVersion1Place() : RestServerPlace(false) {}
};

/// A repository on rclone's "serve restic".
class RcloneServerPlace final : public Place {
 public:
  Backend& backend() override { return backend_; }
  bool tells_what_it_misses() const override { return false; }
  static std::string missing() { return test::find_rclone() ? "" : "no rclone is installed"; }

 private:
  test::RcloneServer server_;
  test::InstantTimer timer_;
  RestBackend backend_{std::make_unique<CurlClient>(CurlClientOptions{}),
                       RestLocation::parse(server_.url("/r/")), RestBackend::kRequests, timer_};
};

template <class PlaceType>
class Conformance : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = PlaceType::missing(); !missing.empty()) {
      GTEST_SKIP() << missing;
    }
    place_ = std::make_unique<PlaceType>();
  }

  Backend& backend() { return place_->backend(); }
  bool tells_what_it_misses() const { return place_->tells_what_it_misses(); }

  static FileKey key(FileKind kind, std::uint64_t number) { return {kind, numbered_id(number)}; }

  Bytes load(const FileKey& key) { return backend().load(key, std::nullopt, {}, {}); }

  std::map<Id, std::uint64_t> list(FileKind kind) {
    std::map<Id, std::uint64_t> found;
    for (const FileInfo& info : backend().list(kind, {})) {
      EXPECT_TRUE(found.emplace(info.id, info.size).second) << "listed twice";
    }
    return found;
  }

 private:
  std::unique_ptr<Place> place_;
};

/// The tests are called by the place: Conformance/MemoryPlace.
struct PlaceNames {
  template <class PlaceType>
  static std::string GetName(int /*number*/) {
    const std::string name = ::testing::internal::GetTypeName<PlaceType>();
    return name.substr(name.rfind(':') + 1);
  }
};

using Places = ::testing::Types<MemoryPlace, LocalPlace, FaultPlace, WaitingPlace, RetryPlace,
                                RequestLimitPlace, FarAwayPlace, SftpPlace, PlainSftpPlace, S3Place,
                                S3ServerPlace, RestServerVersion2Place, RestServerVersion1Place,
                                RcloneServerPlace>;
TYPED_TEST_SUITE(Conformance, Places, PlaceNames);

constexpr std::array kAllKinds = {FileKind::kConfig,   FileKind::kKey,   FileKind::kLock,
                                  FileKind::kSnapshot, FileKind::kIndex, FileKind::kPack};

TYPED_TEST(Conformance, LoadsWhatWasSavedOfEveryKind) {
  this->backend().create({});
  for (const FileKind kind : kAllKinds) {
    const FileKey key =
        kind == FileKind::kConfig ? FileKey::config() : this->key(kind, 17 + unsigned(kind));
    const Bytes content = to_bytes("content of " + path_of(key));
    this->backend().save(key, content, {});
    EXPECT_EQ(this->load(key), content);
    EXPECT_EQ(this->backend().size(key, {}), content.size());
  }
}

TYPED_TEST(Conformance, KeepsFilesOfEverySize) {
  for (const std::size_t size : {0, 1, 4095, 4096, 65'537, 3'000'000}) {
    const FileKey key = this->key(FileKind::kPack, size);
    Bytes content(size);
    for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<std::uint8_t>(i * 31 >> 3);
    this->backend().save(key, content, {});
    EXPECT_EQ(this->load(key), content);
    EXPECT_EQ(this->backend().size(key, {}), size);
  }
}

TYPED_TEST(Conformance, SavesWithoutCreateHavingBeenCalled) {
  const FileKey key = this->key(FileKind::kPack, 0xabcd);
  this->backend().save(key, as_bytes("x"), {});
  EXPECT_EQ(this->load(key), to_bytes("x"));
}

TYPED_TEST(Conformance, CreatesTwiceWithoutHarm) {
  this->backend().create({});
  const FileKey key = this->key(FileKind::kPack, 1);
  this->backend().save(key, as_bytes("x"), {});
  this->backend().create({});
  EXPECT_EQ(this->load(key), to_bytes("x"));
}

TYPED_TEST(Conformance, LoadsExactRanges) {
  const FileKey key = this->key(FileKind::kPack, 1);
  const Bytes content = to_bytes("0123456789");
  this->backend().save(key, content, {});
  for (std::uint64_t offset = 0; offset <= 10; ++offset) {
    for (std::uint64_t length = 0; offset + length <= 10; ++length) {
      const Bytes part = this->backend().load(key, ByteRange{offset, length}, {}, {});
      ASSERT_EQ(as_text(part), std::string_view("0123456789").substr(offset, length));
    }
  }
}

TYPED_TEST(Conformance, RefusesRangesBeyondTheEnd) {
  const FileKey key = this->key(FileKind::kPack, 1);
  this->backend().save(key, as_bytes("0123456789"), {});
  for (const ByteRange range :
       {ByteRange{0, 11}, ByteRange{10, 1}, ByteRange{11, 0}, ByteRange{5, 6},
        ByteRange{UINT64_MAX, 1}, ByteRange{1, UINT64_MAX}, ByteRange{5, UINT64_MAX - 4},
        ByteRange{0, std::uint64_t{1} << 50}}) {
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "too short",
                           [&] { this->backend().load(key, range, {}, {}); }))
        << range.offset << "+" << range.length;
  }
}

TYPED_TEST(Conformance, ReportsMissingFiles) {
  for (const bool created : {false, true}) {
    for (const FileKind kind : kAllKinds) {
      const FileKey key = kind == FileKind::kConfig ? FileKey::config() : this->key(kind, 1);
      EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { this->load(key); }));
      EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] {
        this->backend().load(key, ByteRange{0, 1}, {}, {});
      }));
      if (this->tells_what_it_misses()) {
        EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { this->backend().remove(key, {}); }));
      }
      EXPECT_EQ(this->backend().size(key, {}), std::nullopt);
      if (kind != FileKind::kConfig) {
        EXPECT_TRUE(this->list(kind).empty());
      }
    }
    if (!created) this->backend().create({});
  }
}

TYPED_TEST(Conformance, ListsEveryFileOfTheKindAndNoOther) {
  std::map<Id, std::uint64_t> packs;
  for (std::uint64_t i = 0; i < 40; ++i) {
    const FileKey key{FileKind::kPack, numbered_id(i << 56 | i << 40)};  // over many directories
    this->backend().save(key, Bytes(i, 0), {});
    packs.emplace(key.id, i);
  }
  this->backend().save(this->key(FileKind::kIndex, 7), as_bytes("index"), {});
  this->backend().save(FileKey::config(), as_bytes("config"), {});
  EXPECT_EQ(this->list(FileKind::kPack), packs);
  EXPECT_EQ(this->list(FileKind::kIndex), (std::map<Id, std::uint64_t>{{numbered_id(7), 5}}));
  EXPECT_TRUE(this->list(FileKind::kSnapshot).empty());
}

TYPED_TEST(Conformance, RemovesOnlyTheFileNamed) {
  this->backend().save(this->key(FileKind::kLock, 1), as_bytes("one"), {});
  this->backend().save(this->key(FileKind::kLock, 2), as_bytes("two"), {});
  this->backend().save(this->key(FileKind::kIndex, 1), as_bytes("three"), {});
  this->backend().remove(this->key(FileKind::kLock, 1), {});
  EXPECT_EQ(this->backend().size(this->key(FileKind::kLock, 1), {}), std::nullopt);
  EXPECT_EQ(this->list(FileKind::kLock).size(), 1U);
  EXPECT_EQ(this->list(FileKind::kIndex).size(), 1U);
}

TYPED_TEST(Conformance, ReplacesAFileThatExists) {
  const FileKey key = this->key(FileKind::kIndex, 1);
  this->backend().save(key, as_bytes("a long first version"), {});
  this->backend().save(key, as_bytes("second"), {});
  EXPECT_EQ(this->load(key), to_bytes("second"));
  EXPECT_EQ(this->list(FileKind::kIndex).size(), 1U);
}

TYPED_TEST(Conformance, DoesNothingOnceStopped) {
  const FileKey key = this->key(FileKind::kIndex, 1);
  const FileKey other = this->key(FileKind::kIndex, 2);
  Backend& backend = this->backend();
  backend.save(key, as_bytes("kept"), {});
  StopSource source;
  source.request_stop();
  const StopToken stop = source.get_token();
  const std::vector<std::function<void()>> operations{
      [&] { backend.create(stop); },
      [&] { backend.save(other, as_bytes("x"), stop); },
      [&] { backend.load(key, std::nullopt, {}, stop); },
      [&] {
        backend.load(key, ByteRange{0, 1}, {}, stop);
      },
      [&] { backend.size(key, stop); },
      [&] { backend.list(FileKind::kIndex, stop); },
      [&] { backend.remove(key, stop); }};
  for (const auto& operation : operations) {
    EXPECT_TRUE(fails_with(ErrorCode::kCancelled, operation));
  }
  EXPECT_EQ(this->list(FileKind::kIndex).size(), 1U);
}

TYPED_TEST(Conformance, SavesFromManyThreadsAtOnce) {
  constexpr std::uint64_t kThreads = 4;
  constexpr std::uint64_t kFiles = 8;
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([this, thread] {
        for (std::uint64_t i = 0; i < kFiles; ++i) {
          // Some names are written by all threads: every one must be whole in the end.
          const bool shared = i % 4 == 0;
          const FileKey key = this->key(FileKind::kSnapshot, shared ? i : thread << 32 | i);
          this->backend().save(key, Bytes(5000, static_cast<std::uint8_t>(i)), {});
        }
      });
    }
  }
  EXPECT_EQ(this->list(FileKind::kSnapshot).size(), kThreads * kFiles * 3 / 4 + kFiles / 4);
  for (const auto& [id, size] : this->list(FileKind::kSnapshot)) {
    const Bytes content = this->load({FileKind::kSnapshot, id});
    ASSERT_EQ(content.size(), 5000U);
    EXPECT_EQ(content, Bytes(5000, content.front()));
  }
}

TYPED_TEST(Conformance, AFileThatBecameShorterIsDamaged) {
  const FileKey key = this->key(FileKind::kPack, 1);
  this->backend().save(key, Bytes(100, 1), {});
  this->backend().save(key, Bytes(40, 1), {});
  EXPECT_EQ(this->backend().load(key, ByteRange{0, 40}, {}, {}).size(), 40U);
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "too short", [&] {
    this->backend().load(key, ByteRange{30, 20}, {}, {});
  }));
}

TYPED_TEST(Conformance, AnswersTheSameWhateverALoadIsFor) {
  const FileKey key = this->key(FileKind::kPack, 1);
  this->backend().save(key, as_bytes("0123456789"), {});
  for (const Content content : {Content::kWholeFile, Content::kTree, Content::kData}) {
    for (const Urgency urgency : {Urgency::kForeground, Urgency::kAhead, Urgency::kBulk}) {
      const Bytes part = this->backend().load(key, ByteRange{2, 3}, {content, urgency}, {});
      EXPECT_EQ(part, to_bytes("234"));
    }
  }
}

TYPED_TEST(Conformance, LoadsManyThingsAtOnce) {
  constexpr std::uint64_t kThreads = 16;
  constexpr std::uint64_t kFiles = 4;
  for (std::uint64_t i = 0; i < kFiles; ++i) {
    this->backend().save(this->key(FileKind::kPack, i), Bytes(5000, static_cast<std::uint8_t>(i)),
                         {});
  }
  std::vector<std::jthread> threads;
  for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([this, thread] {
      for (std::uint64_t i = 0; i < 50; ++i) {
        const std::uint64_t number = (thread + i) % kFiles;
        const Bytes part =
            this->backend().load(this->key(FileKind::kPack, number), ByteRange{i * 100, 100},
                                 {Content::kData, static_cast<Urgency>(thread % 3)}, {});
        EXPECT_EQ(part, Bytes(100, static_cast<std::uint8_t>(number)));
      }
    });
  }
}

TYPED_TEST(Conformance, SaysWhereItIsAndHowMuchItBears) {
  const StorageTraits traits = this->backend().traits();
  EXPECT_GE(traits.requests, 1U);
  EXPECT_GE(traits.pack_transfers, 1U);
  EXPECT_GT(traits.longest_run, traits.gap_worth_reading);
  EXPECT_FALSE(this->backend().location().empty());
}

/// A decorator over storage that does not do what it should.
template <class PlaceType>
class Decorators : public ::testing::Test {};

/// The decorators as they stand before a storage: each alone, and all of them.
struct DryRunLayer {
  static void put(BackendStack& stack) { stack.put_before<DryRunBackend>(); }
};
struct RetryLayer {
  static void put(BackendStack& stack) { stack.put_before<RetryBackend>(); }
};
struct RequestLimitLayer {
  static void put(BackendStack& stack) { stack.put_before<RequestLimitBackend>(8U); }
};
struct FaultLayer {
  static void put(BackendStack& stack) { stack.put_before<test::FaultBackend>(); }
};
struct AllLayers {
  static void put(BackendStack& stack) {
    put_far_away(stack, {});
    stack.put_before<DryRunBackend>();
  }
};
using Layers = ::testing::Types<DryRunLayer, RetryLayer, RequestLimitLayer, FaultLayer, AllLayers>;
TYPED_TEST_SUITE(Decorators, Layers);

TYPED_TEST(Decorators, ReadWhatIsStored) {
  BackendStack stack(std::make_unique<MemoryBackend>());
  const FileKey key{FileKind::kPack, numbered_id(1)};
  stack.top().save(key, as_bytes("0123456789"), {});
  TypeParam::put(stack);
  EXPECT_EQ(stack.top().load(key, ByteRange{1, 2}, {}, {}), to_bytes("12"));
  EXPECT_EQ(stack.top().size(key, {}), 10U);
  EXPECT_EQ(stack.top().list(FileKind::kPack, {}).size(), 1U);
  EXPECT_EQ(stack.top().location(), "memory");
}

TYPED_TEST(Decorators, PassOnShortBodiesAndListingsThatFail) {
  MemoryBackend memory;
  const FileKey key{FileKind::kPack, numbered_id(1)};
  memory.save(key, as_bytes("0123456789"), {});
  BackendStack stack(std::make_unique<test::FaultBackend>(memory));
  auto& faults = dynamic_cast<test::FaultBackend&>(stack.top());
  TypeParam::put(stack);
  faults.fail({BackendCall::kLoad, {}}, 1, ErrorCode::kDamaged);
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [&] {
    stack.top().load(key, ByteRange{0, 10}, {}, {});
  }));
  EXPECT_EQ(faults.ended({BackendCall::kLoad, {}}), 1U);  // who reads it again is Repository
  faults.fail({BackendCall::kList, {}}, 1, ErrorCode::kIo);
  EXPECT_TRUE(fails_with(ErrorCode::kIo, [&] { stack.top().list(FileKind::kPack, {}); }));
}

TYPED_TEST(Decorators, ACallThatNeverAnswersEndsWithAStop) {
  MemoryBackend memory;
  const FileKey key{FileKind::kPack, numbered_id(1)};
  memory.save(key, as_bytes("0123456789"), {});
  BackendStack stack(std::make_unique<test::WaitingBackend>(memory));
  auto& storage = dynamic_cast<test::WaitingBackend&>(stack.top());
  TypeParam::put(stack);
  for (const BackendCall call : {BackendCall::kLoad, BackendCall::kSize, BackendCall::kList}) {
    storage.hold({call, {}});
    StopSource source;
    std::jthread caller([&] {
      const StopToken stop = source.get_token();
      EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] {
        if (call == BackendCall::kLoad) stack.top().load(key, std::nullopt, {}, stop);
        if (call == BackendCall::kSize) stack.top().size(key, stop);
        if (call == BackendCall::kList) stack.top().list(FileKind::kPack, stop);
      }));
    });
    EXPECT_TRUE(storage.wait_until_waiting(1));
    source.request_stop();
  }
}

TYPED_TEST(Decorators, LetManyCallsBeUnderWayAtOnce) {
  MemoryBackend memory;
  const FileKey key{FileKind::kPack, numbered_id(1)};
  memory.save(key, as_bytes("0123456789"), {});
  BackendStack stack(std::make_unique<test::WaitingBackend>(memory, StorageTraits{.requests = 8}));
  auto& storage = dynamic_cast<test::WaitingBackend&>(stack.top());
  storage.hold({BackendCall::kLoad, {}});
  TypeParam::put(stack);
  std::vector<std::jthread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] { EXPECT_EQ(stack.top().load(key, {}, {}, {}).size(), 10U); });
  }
  EXPECT_TRUE(storage.wait_until_waiting(8));
  storage.release();
  callers.clear();
  EXPECT_EQ(storage.most_at_once(), 8U);
  EXPECT_EQ(stack.top().traits().requests, 8U);
}

}  // namespace
}  // namespace snapfs
