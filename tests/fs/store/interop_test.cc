// Both ways with the reference program, where it is installed.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/local.h"
#include "fs/crypto/sha256.h"
#include "fs/format/index_file.h"
#include "fs/format/index_reader.h"
#include "fs/repo/lock.h"
#include "fs/repo/repository.h"
#include "fs/store/index_saver.h"
#include "fs/store/pack_saver.h"
#include "fs/store/pack_writer.h"
#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/quick_init.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using std::chrono::milliseconds;
using test::fails_with;

constexpr const char* kRestic = "/usr/bin/restic";

struct Outcome {
  int status = -1;
  std::string output;
};

class Interop : public ::testing::TestWithParam<unsigned> {
 protected:
  void SetUp() override {
    if (::access(kRestic, X_OK) != 0) GTEST_SKIP() << kRestic << " is not installed";
    ::setenv("RESTIC_PASSWORD", "x", 1);
    // Ours, since its key can be made quick to derive.
    InitOptions options = kQuickInit;
    options.version = GetParam();
    Repository::init(backend_, as_bytes("x"), options, {});
  }

  Outcome restic(const std::string& arguments) const {
    const std::string command =
        std::string(kRestic) + " --no-cache -r " + root_ + " " + arguments + " 2>&1";
    Outcome outcome;
    FILE* const pipe = ::popen(command.c_str(), "r");
    std::array<char, 4096> part{};
    while (const std::size_t size = ::fread(part.data(), 1, part.size(), pipe)) {
      outcome.output.append(part.data(), size);
    }
    outcome.status = WEXITSTATUS(::pclose(pipe));
    return outcome;
  }

  std::unique_ptr<Repository> open() {
    return std::make_unique<Repository>(backend_, as_bytes("x"), OpenOptions{}, StopToken{});
  }

  test::TemporaryDirectory directory_;
  const std::string root_ = directory_ / "repository";
  LocalBackend backend_{root_};
};

TEST_P(Interop, OpensEveryBlobThatResticWrote) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "line " + std::to_string(i) + "\n";
  const std::vector<std::string> modes = GetParam() == 1
                                             ? std::vector<std::string>{"auto"}
                                             : std::vector<std::string>{"auto", "off", "max"};
  for (const std::string& mode : modes) {
    directory_.write("source/" + mode, mode + text);
    directory_.write("source/small " + mode, mode);
    const Outcome backup = restic("backup --compression " + mode + " " + (directory_ / "source"));
    ASSERT_EQ(backup.status, 0) << backup.output;
  }
  const auto repository = open();
  repository->load_index({});
  std::size_t blobs = 0;
  for (const Id& id : repository->list(FileKind::kIndex, {})) {
    Bytes json = repository->load_file({FileKind::kIndex, id}, {});
    parse_index(json, GetParam(), [&](const PackDescription& pack) {
      const auto codec = repository->make_codec();
      const Bytes file = backend_.load({FileKind::kPack, pack.id}, std::nullopt, {}, {});
      EXPECT_EQ(parse_pack_header(*codec, file, file.size()).size(), pack.entries.size());
      for (const PackEntry& entry : pack.entries) {
        EXPECT_NO_THROW(repository->load_blob(entry.handle, {}));
        ++blobs;
      }
    });
  }
  EXPECT_EQ(repository->index().blob_count(), blobs);
  for (const std::string& mode : modes) {
    const BlobHandle handle{BlobType::kData, sha256(as_bytes(mode + text))};
    EXPECT_EQ(as_text(repository->load_blob(handle, {})), mode + text);
  }
  for (const Id& id : repository->list(FileKind::kSnapshot, {})) {
    EXPECT_EQ(repository->load_file({FileKind::kSnapshot, id}, {}).front(), '{');
  }
}

TEST_P(Interop, ResticReadsWhatWeWrote) {
  const auto repository = open();
  const auto codec = repository->make_codec();
  const SystemClock clock;
  IndexSaver indexes(*repository, clock);
  PackSaver packs(*repository, indexes);
  PackWriter writer(packs, PackWriter::kDefaultTargetBytes);
  const std::vector<std::string> texts{"a", "some text\n", std::string(300'000, 'z')};
  for (const std::string& text : texts) {
    writer.add(codec->seal_blob({BlobType::kData, sha256(as_bytes(text))}, as_bytes(text)), *codec,
               {});
  }
  writer.flush(*codec, {});
  indexes.flush({});
  const Outcome check = restic("check --read-data");
  EXPECT_EQ(check.status, 0) << check.output;
  {
    const std::string& text = texts.back();
    const Outcome cat = restic("cat blob " + sha256(as_bytes(text)).hex());
    EXPECT_EQ(cat.status, 0) << cat.output;
    EXPECT_TRUE(cat.output == text) << cat.output.substr(0, 200);
  }
}

TEST_P(Interop, OurLocksHoldResticOff) {
  const auto repository = open();
  const SystemClock clock;
  {
    const Lock held(*repository, clock, {.mode = LockMode::kShared}, [] {}, {});
    const std::vector<Id> ids = repository->list(FileKind::kLock, {});
    ASSERT_EQ(ids.size(), 1U);
    EXPECT_NE(restic("list --no-lock locks").output.find(ids[0].hex()), std::string::npos);
    EXPECT_EQ(restic("snapshots").status, 0) << "shared locks go together";
    const Outcome check = restic("check");
    EXPECT_NE(check.status, 0);
    EXPECT_NE(check.output.find("locked"), std::string::npos) << check.output;
    EXPECT_NE(check.output.find("PID " + std::to_string(::getpid())), std::string::npos)
        << check.output;
  }
  {
    const Lock held(*repository, clock, {.mode = LockMode::kExclusive}, [] {}, {});
    const Outcome snapshots = restic("snapshots");
    EXPECT_NE(snapshots.status, 0);
    EXPECT_NE(snapshots.output.find("locked"), std::string::npos) << snapshots.output;
  }
  EXPECT_EQ(restic("check").status, 0);
}

/// A restic that holds a lock until it is ended: it waits for input, or reads very slowly.
class RunningRestic {
 public:
  explicit RunningRestic(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), kRestic);
    std::vector<char*> raw;
    for (std::string& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    std::array<int, 2> input{};
    if (::pipe(input.data()) != 0) throw std::runtime_error("pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(input[0], 0);
      ::close(input[0]);
      ::close(input[1]);
      static_cast<void>(::freopen("/dev/null", "w", stdout));
      static_cast<void>(::freopen("/dev/null", "w", stderr));
      ::execv(kRestic, raw.data());
      ::_exit(127);
    }
    ::close(input[0]);
    input_ = input[1];
  }
  ~RunningRestic() {
    ::kill(pid_, SIGINT);
    ::close(input_);
    ::waitpid(pid_, nullptr, 0);
  }
  RunningRestic(const RunningRestic&) = delete;
  RunningRestic& operator=(const RunningRestic&) = delete;

 private:
  pid_t pid_ = -1;
  int input_ = -1;
};

/// Looks until another process has written a lock; there is nothing to wait on.
bool wait_for_lock(Repository& repository) {
  for (int look = 0; look < 2000; ++look) {
    if (!repository.list(FileKind::kLock, {}).empty()) return true;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return false;
}

TEST_P(Interop, ResticsLocksHoldUsOff) {
  const auto repository = open();
  const SystemClock clock;
  {
    const RunningRestic backup({"--no-cache", "-r", root_, "backup", "--stdin"});
    ASSERT_TRUE(wait_for_lock(*repository));
    EXPECT_TRUE(fails_with(ErrorCode::kLocked, "locked by PID", [&] {
      Lock(*repository, clock, {.mode = LockMode::kExclusive}, [] {}, {});
    }));
    EXPECT_NO_THROW(Lock(*repository, clock, {.mode = LockMode::kShared}, [] {}, {}));
  }
  std::string noise(200'000, ' ');
  std::uint32_t state = 1;
  for (char& byte : noise)
    byte = static_cast<char>((state = state * 1'664'525 + 1'013'904'223) >> 24);
  directory_.write("source/noise", noise);
  ASSERT_EQ(restic("backup " + (directory_ / "source")).status, 0);
  ASSERT_TRUE(repository->list(FileKind::kLock, {}).empty());
  {
    const RunningRestic check(
        {"--no-cache", "-r", root_, "--limit-download", "1", "check", "--read-data"});
    ASSERT_TRUE(wait_for_lock(*repository));
    EXPECT_TRUE(fails_with(ErrorCode::kLocked, "locked exclusively by PID", [&] {
      Lock(*repository, clock, {.mode = LockMode::kShared}, [] {}, {});
    }));
  }
}

INSTANTIATE_TEST_SUITE_P(Version, Interop, ::testing::Values(1U, 2U));

TEST(InteropInit, OpensARepositoryThatResticMade) {
  if (::access(kRestic, X_OK) != 0) GTEST_SKIP() << kRestic << " is not installed";
  const test::TemporaryDirectory directory;
  const std::string root = directory / "repository";
  ASSERT_EQ(std::system(("RESTIC_PASSWORD=x " + std::string(kRestic) + " -r " + root +
                         " init >/dev/null 2>&1")
                            .c_str()),
            0);
  LocalBackend backend(root);
  const Repository repository(backend, as_bytes("x"), {}, {});
  EXPECT_EQ(repository.config().chunker_polynomial.degree(), Polynomial::kChunkerDegree);
  EXPECT_TRUE(
      fails_with(ErrorCode::kWrongPassword, [&] { Repository(backend, as_bytes("X"), {}, {}); }));
}

}  // namespace
}  // namespace snapfs
