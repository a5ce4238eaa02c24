// The faults that an SFTP server, or the ssh before it, can have, met by every call, once and for
// good. The rule is that of web_faults_test.cc: what may pass is asked for again until it is right
// or there is no time left; everything else is an error that says what it is; and nothing is ever
// wrong or lost.
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fs/backend/local.h"
#include "fs/backend/sftp/sftp_backend.h"
#include "fs/backend/stack/retry.h"
#include "fs/repo/stored_files.h"
#include "tests/fs/backend/faults/fault_outcome.h"
#include "tests/fs/backend/faults/storage_verb.h"
#include "tests/support/manual_timer.h"
#include "tests/support/sftp_server.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using test::FaultExpectation;
using test::FaultOutcome;
using test::StorageVerb;
using enum ErrorCode;

struct SftpFault {
  std::string name;
  std::vector<std::string> options;       ///< of serve_sftp
  std::vector<std::string> command = {};  ///< in its place
  FaultExpectation expected = {};  ///< when it lasts; once, what may pass is right in the end
  bool may_pass = false;
  bool hangs = false;                   ///< so that the patience of the client is short
  std::vector<std::string> verbs = {};  ///< that meet it; empty: all
};

/// A directory that is served, and kept otherwise than by the server.
class SftpFaultPlace {
 public:
  SftpFaultPlace(const SftpFault& fault, bool lasts) {
    for (const auto& [key, bytes] : test::stored_world()) {
      scratch_.write("repository/" + path_of(key), as_text(bytes));  // without syncing each
    }
    std::vector<std::string> options = fault.options;
    if (!lasts) options.insert(options.end(), {"--once", scratch_ / "met"});
    SftpStart start{.command = fault.command};
    if (start.command.empty()) start.command = test::faulty_sftp_server(options);
    if (fault.hangs) start.stuck_timeout = std::chrono::milliseconds(500);
    storage_ = std::make_unique<SftpBackend>(
        SftpLocation{.host = "faulty.example", .path = directory_.path()}, std::move(start), 1);
    retry_ = std::make_unique<RetryBackend>(
        *storage_, RetryListener(), RetryPolicy{.jitter = 0, .budget = std::chrono::seconds(5)},
        timer_, 1U);
  }

  Backend& storage() { return *retry_; }
  std::size_t retries() const { return timer_.waits().size(); }

  std::optional<Bytes> stored(const FileKey& key) {
    if (!directory_.size(key, {})) return std::nullopt;
    return directory_.load(key, std::nullopt, {}, {});
  }

 private:
  test::TemporaryDirectory scratch_;
  LocalBackend directory_{scratch_ / "repository"};
  test::InstantTimer timer_;
  std::unique_ptr<SftpBackend> storage_;
  std::unique_ptr<RetryBackend> retry_;
};

FaultExpectation unavailable() {
  FaultExpectation expected = FaultExpectation::error({kUnavailable});
  expected.is_asked_again = true;
  return expected;
}

/// A connection that ends, or fails otherwise, at its n-th request. The first is about the server's
/// limits, the second is of every call. Calls of more requests get further each time.
void add_broken_connections(std::vector<SftpFault>& faults) {
  for (const auto& [option, name] : std::vector<std::pair<std::string, std::string>>{
           {"--die-at", "dies"}, {"--nonsense-at", "talks_nonsense"}, {"--hang-at", "hangs"}}) {
    for (const int number : {1, 2, 3, 5}) {
      SftpFault fault{
          .name = fmt::format("{}_at_{}", name, number),
          .options = {option, std::to_string(number)},
          .expected = number <= 2 ? unavailable() : FaultExpectation::right_or({kUnavailable}),
          .may_pass = true,
          .hangs = option == "--hang-at"};
      if (fault.hangs) fault.verbs = {"open", "list_keys", "load_range", "save_small", "remove"};
      if (!fault.hangs || number < 5) faults.push_back(std::move(fault));
    }
  }
}

struct RefusedRequest {
  std::string name;
  int type;
  std::vector<std::string> verbs;
};

void add_refusals(std::vector<SftpFault>& faults) {
  const std::vector<RefusedRequest> requests = {
      {"open", 3, {"open", "load_snapshot", "load_range", "save_small", "save_large"}},
      {"close", 4, {"save_small", "replace_config"}},
      {"read", 5, {"open", "load_index", "load_ranges"}},
      {"write", 6, {"save_small", "save_large", "replace_config"}},
      {"fstat", 8, {"open", "load_range"}},
      {"opendir", 11, {"list_keys", "list_packs"}},
      {"readdir", 12, {"list_keys", "list_packs"}},
      {"remove", 13, {"remove", "remove_many"}}};
  const std::vector<std::pair<int, ErrorCode>> codes = {{3, kPermission},  {4, kIo},
                                                        {7, kUnavailable}, {8, kUnsupported},
                                                        {14, kNoSpace},    {15, kNoSpace}};
  for (const RefusedRequest& request : requests) {
    for (const auto& [code, meaning] : codes) {
      SftpFault fault{.name = fmt::format("refuses_{}_with_{}", request.name, code),
                      .options = {"--refuse", fmt::format("{}={}", request.type, code)},
                      .expected = FaultExpectation::error({meaning}),
                      .verbs = request.verbs};
      fault.may_pass = meaning == kUnavailable;
      faults.push_back(std::move(fault));
    }
  }
  faults.push_back({.name = "full",
                    .options = {"--full", "--refuse", "6=4"},
                    .expected = FaultExpectation::error({kNoSpace}),
                    .verbs = {"save_small", "save_large", "replace_config"}});
  // A break between the two steps would lose it.
  faults.push_back({.name = "cannot_replace_in_one_step",
                    .options = {"--plain"},
                    .expected = FaultExpectation::error({kUnsupported}),
                    .verbs = {"replace_config"}});
  faults.push_back({.name = "knows_no_extension",
                    .options = {"--plain", "--shortest", "1000"},
                    .expected = FaultExpectation::right(),
                    .verbs = {"create", "open", "list_packs", "load_index", "load_ranges",
                              "save_large", "remove_many", "lock"}});
}

/// What stands in ssh's place says something, or nothing, and ends.
void add_starts(std::vector<SftpFault>& faults) {
  const auto start = [&](std::string name, std::string script, FaultExpectation expected) {
    faults.push_back({.name = "ssh_" + std::move(name),
                      .options = {},
                      .command = {"/bin/sh", "-c", std::move(script)},
                      .expected = std::move(expected),
                      .verbs = {"open", "list_packs", "save_small", "remove"}});
  };
  const auto says = [&](std::string name, const std::string& words, FaultExpectation expected) {
    start(std::move(name), fmt::format("echo '{}' >&2; exit 255", words), std::move(expected));
  };
  const FaultExpectation refused = FaultExpectation::error({kWrongCredentials});
  says("is_not_let_in", "me@faulty.example: Permission denied (publickey,password).", refused);
  says("tries_too_often", "Received disconnect: Too many authentication failures", refused);
  says("meets_another_host", "Host key verification failed.", refused);
  says("meets_a_changed_host", "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @", refused);
  says("has_a_bad_option", "command-line: Bad configuration option: x",
       FaultExpectation::error({kUsage}));
  says("finds_no_subsystem", "subsystem request failed on channel 0",
       FaultExpectation::error({kUnsupported}));
  says("is_refused", "ssh: connect to host faulty.example port 22: Connection refused",
       unavailable());
  says("finds_no_name", "ssh: Could not resolve hostname faulty.example: Name or service not known",
       FaultExpectation::error({kUsage}));
  says("cannot_look_names_up",
       "ssh: Could not resolve hostname faulty.example: Temporary failure in name resolution",
       unavailable());
  says("times_out", "ssh: connect to host faulty.example port 22: Connection timed out",
       unavailable());
  says("says_nothing", "", unavailable());
  start("is_killed", "kill -9 $$", unavailable());
  start("ends_well", "exit 0", FaultExpectation::error({kUnsupported}));
  start("is_no_program_there", "exit 127", FaultExpectation::error({kUnsupported}));
  start("prints_a_welcome", "echo 'Welcome to faulty.example'; exec sleep 100",
        FaultExpectation::error({kUnsupported}));
  start("prints_zeros", "head -c 100 /dev/zero; exec sleep 100",
        FaultExpectation::error({kUnsupported}));
  start("hangs", "exec sleep 100", unavailable());
  faults.back().hangs = true;
  // Without a terminal there is nobody to ask.
  start("asks", "echo 'Password: ' >/dev/tty || exit 255; read -r x </dev/tty; exit 255",
        unavailable());
}

std::vector<SftpFault> make_faults() {
  std::vector<SftpFault> faults;
  add_broken_connections(faults);
  add_refusals(faults);
  add_starts(faults);
  return faults;
}

const std::vector<SftpFault>& all_faults() {
  static const std::vector<SftpFault> faults = make_faults();
  return faults;
}

bool meets(const StorageVerb& verb, const SftpFault& fault) {
  return fault.verbs.empty() || std::ranges::find(fault.verbs, verb.name) != fault.verbs.end();
}

void run(const StorageVerb& verb, const SftpFault& fault, bool lasts) {
  SCOPED_TRACE(fmt::format("{} {} {}", fault.name, verb.name, lasts ? "for good" : "once"));
  SftpFaultPlace place(fault, lasts);
  StoredFiles files(place.storage());
  FaultOutcome outcome = FaultOutcome::of(verb, files, place.storage());
  outcome.retries = place.retries();
  const FaultExpectation expected = lasts ? fault.expected : FaultExpectation::right();
  EXPECT_TRUE(test::is_as_expected(outcome, expected, {place.storage().location()}, {}));
  EXPECT_TRUE(test::nothing_was_lost([&](const FileKey& key) { return place.stored(key); },
                                     verb.changes, !outcome.error, true));
}

std::size_t cases_of(const SftpFault& fault) {
  std::size_t cases = 0;
  for (const StorageVerb& verb : test::storage_verbs()) cases += meets(verb, fault) ? 1 : 0;
  return fault.may_pass && fault.command.empty() ? 2 * cases : cases;
}

class SftpFaults : public ::testing::TestWithParam<const SftpFault*> {
 protected:
  void SetUp() override {
    if (test::sftp_server().empty()) GTEST_SKIP() << "no sftp-server is installed";
  }
};

TEST_P(SftpFaults, NeverGiveAWrongResultAndLoseNothing) {
  const SftpFault& fault = *GetParam();
  for (const StorageVerb& verb : test::storage_verbs()) {
    if (!meets(verb, fault)) continue;
    run(verb, fault, true);
    if (fault.may_pass && fault.command.empty()) run(verb, fault, false);
  }
  std::printf("%zu cases\n", cases_of(fault));
}

TEST(SftpFaultsTable, HasManyCases) {
  std::size_t cases = 0;
  for (const SftpFault& fault : all_faults()) cases += cases_of(fault);
  std::printf("%zu cases\n", cases);
  EXPECT_GE(cases, 300U);
}

std::vector<const SftpFault*> pointers() {
  std::vector<const SftpFault*> all;
  for (const SftpFault& fault : all_faults()) all.push_back(&fault);
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, SftpFaults, ::testing::ValuesIn(pointers()),
                         [](const auto& info) { return info.param->name; });

}  // namespace
}  // namespace snapfs
