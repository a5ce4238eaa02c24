// Every fault that a web server can have, met by every call to every storage that is spoken to by
// HTTP, once and for good. What has to come of each case is one rule (expect() below): what may
// pass is asked for again, until it is right or there is no time left; everything else is an error
// that says what it is; and nothing is ever wrong or lost.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fs/repo/stored_files.h"
#include "tests/fs/backend/faults/fault_outcome.h"
#include "tests/fs/backend/faults/storage_verb.h"
#include "tests/fs/backend/faults/web_fault.h"
#include "tests/fs/backend/faults/web_place.h"

namespace snapfs {
namespace {

using test::FaultEffect;
using test::FaultExpectation;
using test::FaultOutcome;
using test::StorageVerb;
using test::StruckRequest;
using test::WebFault;
using test::WebKind;
using test::WebPlace;
using enum ErrorCode;

std::string name_of(WebKind kind) {
  if (kind == WebKind::kS3) return "s3";
  return kind == WebKind::kRest ? "rest" : "rclone";
}

struct WebCase {
  WebKind kind = WebKind::kRest;
  const WebFault* fault = nullptr;
  const StorageVerb* verb = nullptr;
  bool lasts = false;
  std::size_t number = 1;  ///< of the request that is met first

  std::string name() const {
    return fmt::format("{} {} {} {} at request {}", name_of(kind), fault->name, verb->name,
                       lasts ? "for good" : "once", number);
  }
};

/// How many requests the verb is when nothing is wrong.
std::size_t requests_of(WebKind kind, const StorageVerb& verb) {
  static const WebFault kNone{.name = "none"};
  WebPlace place(kind, true);
  StoredFiles files(place.storage());
  place.plant(kNone, false, SIZE_MAX);
  const FaultOutcome outcome = FaultOutcome::of(verb, files, place.storage());
  EXPECT_FALSE(outcome.error) << outcome.error->what();
  EXPECT_EQ(outcome.result, test::VerbResult::kRight) << verb.name;
  return place.requests();
}

std::vector<WebCase> cases_of(WebKind kind, const WebFault& fault) {
  std::vector<WebCase> cases;
  for (const StorageVerb& verb : test::storage_verbs()) {
    const std::size_t last = fault.is_everywhere ? requests_of(kind, verb) : 1;
    for (std::size_t number = 1; number <= last; ++number) {
      for (const bool lasts : {false, true}) cases.push_back({kind, &fault, &verb, lasts, number});
    }
  }
  return cases;
}

/// Of the request that was met.
struct Met {
  explicit Met(const StruckRequest& struck)
      : method(struck.method),
        is_list(method == "GET" && (struck.target.ends_with('/') ||
                                    struck.target.find("prefix=") != std::string::npos)),
        is_load(method == "GET" && !is_list && struck.target.find('?') == std::string::npos) {}

  std::string method;
  bool is_list;
  bool is_load;
};

FaultExpectation passes(const WebCase& one) {
  const auto pause = one.fault->asks_to_wait;
  if (!one.lasts && (!pause || *pause <= WebPlace::kBudget)) return FaultExpectation::right();
  FaultExpectation expected = FaultExpectation::error({kUnavailable});
  expected.is_asked_again = !pause || *pause * 2 <= WebPlace::kBudget;
  // A file that is there whole is stored, whatever became of the answer.
  const bool is_save = one.verb->name == "save_small" || one.verb->name == "save_large";
  expected.may_be_right = is_save && one.kind != WebKind::kS3;
  return expected;
}

/// An answer that says that something is not there.
FaultExpectation missing(const WebCase& one, const Met& met, ErrorCode code) {
  // A load is made again in any case; what a list or a size says is asked for twice, too.
  if (met.is_load || met.is_list || met.method == "HEAD") {
    // An object store says so in XML.
    const bool is_believed =
        one.kind != WebKind::kS3 || (one.fault->effect == FaultEffect::kCode && !met.is_list);
    // A save that looks at what is in its way does not look twice.
    const bool is_save = one.verb->name == "replace_config";
    if (!one.lasts && is_save) return FaultExpectation::right_or({code, kIo, kPermission});
    if (!one.lasts && is_believed) return FaultExpectation::right();
    if (!one.lasts && !met.is_list) return FaultExpectation::right_or({kIo});
    if (!one.lasts) return FaultExpectation::right_or({code, kIo});
    FaultExpectation expected = FaultExpectation::error({code, kIo, kUnavailable});
    expected.may_be_absent = true;
    // A file that is kept, and cannot be looked at.
    if (one.verb->name == "replace_config") expected.codes.insert(kPermission);
    return expected;
  }
  if (met.method != "DELETE") return FaultExpectation::error({code, kIo});
  // An object store says so in XML.
  const bool is_believed = one.kind != WebKind::kS3 || one.fault->effect == FaultEffect::kCode;
  if (!is_believed) return FaultExpectation::error({kIo});
  // It is looked for, and when it is there after all, removed again. For good it is never found.
  if (!one.lasts) return FaultExpectation::right();
  return FaultExpectation::right_or({code, kIo});
}

FaultExpectation by_status(const WebCase& one, const Met& met) {
  const int status = one.fault->status;
  switch (status) {
    case 400:
      if (met.method == "POST" && one.verb->name != "create") return passes(one);
      return FaultExpectation::right_or({kIo});
    case 401:
    case 407:
      return FaultExpectation::error({kWrongCredentials});
    case 403:
      // A REST server says so of a save when the file is there; an object store of a bucket that
      // may only be used below a prefix.
      return FaultExpectation::right_or({kPermission});
    case 404:
    case 410:
      return missing(one, met, kNotFound);
    case 405:
    case 501:
    case 505:
      return FaultExpectation::error({kUnsupported});
    case 408:
    case 425:
    case 429:
      return passes(one);
    case 413:
    case 507:
      return FaultExpectation::error({kNoSpace});
    case 416:
      // Of a part that is there. Nothing is lost by it.
      return FaultExpectation::right_or({kIo, kUnavailable});
    default:
      break;
  }
  if (status >= 500) return passes(one);
  if (status >= 300 && status < 400) return FaultExpectation::error({kUnsupported, kUsage});
  // Whatever else fails once may be made once more by whoever reads, or asks for words.
  const bool may_be_made_again =
      met.is_load || (status == 409 && one.kind == WebKind::kS3 && met.method == "HEAD");
  return may_be_made_again && !one.lasts ? FaultExpectation::right_or({kIo})
                                         : FaultExpectation::error({kIo});
}

FaultExpectation by_code(const WebCase& one, const Met& met) {
  // A HEAD is answered without words; what is asked for them is met, too, if the fault lasts.
  if (met.method == "HEAD" && !one.lasts) {
    FaultExpectation expected = by_status(one, met);
    expected.may_be_right = true;
    return expected;
  }
  if (one.fault->code == kUnavailable) return passes(one);
  if (one.fault->code == kNotFound) return missing(one, met, kNotFound);
  if (one.fault->code == kNoRepository) {
    // Where there is no bucket there are no files, and init makes it.
    FaultExpectation expected = FaultExpectation::error({kNoRepository});
    expected.may_be_absent = met.is_list || met.method == "HEAD";
    expected.may_be_right = one.verb->name == "create";
    return expected;
  }
  if (one.fault->code == kPermission && one.verb->name == "create")
    return FaultExpectation::right();
  return FaultExpectation::error({*one.fault->code});
}

/// The rule.
FaultExpectation expect(const WebCase& one, const StruckRequest& struck) {
  const Met met(struck);
  switch (struck.effect) {
    case FaultEffect::kNone:
      return FaultExpectation::right();
    case FaultEffect::kPasses:
      return passes(one);
    case FaultEffect::kForged:
      // A save only looks at what is there.
      if (one.verb->name == "replace_config") return FaultExpectation::right_or({kUnavailable});
      // Whoever knows the content reads it once more, which is enough for what passes.
      return one.lasts ? FaultExpectation::error({kDamaged, kUnavailable})
                       : FaultExpectation::right();
    case FaultEffect::kNonsense:
      return FaultExpectation::right_or({kUnsupported, kUnavailable, kIo, kDamaged});
    case FaultEffect::kStatus:
      return by_status(one, met);
    case FaultEffect::kCode:
      return by_code(one, met);
  }
  return {};
}

/// Returns whether the fault was met.
bool run(const WebCase& one) {
  SCOPED_TRACE(one.name());
  WebPlace place(one.kind, !one.fault->is_slow);
  StoredFiles files(place.storage());
  if (one.fault->is_warm) files.size(FileKey::config(), {});
  place.plant(*one.fault, one.lasts, one.number);
  FaultOutcome outcome = FaultOutcome::of(*one.verb, files, place.storage());
  const std::optional<StruckRequest> struck = place.struck();
  if (!struck) {
    EXPECT_FALSE(outcome.error) << outcome.error->what();
    EXPECT_EQ(outcome.result, test::VerbResult::kRight);
    return false;
  }
  outcome.retries = place.waits();
  const FaultExpectation expected = expect(one, *struck);
  EXPECT_TRUE(test::is_as_expected(outcome, expected, {place.host(), place.storage().location()},
                                   WebPlace::secrets()));
  for (const RetryNotice& notice : place.notices()) {
    const std::string line = to_text(notice);
    for (const std::string& secret : WebPlace::secrets()) {
      EXPECT_EQ(line.find(secret), std::string::npos) << line;
    }
  }
  const auto pause = one.fault->asks_to_wait;
  if (pause && !place.notices().empty()) {
    EXPECT_GE(place.notices().front().wait, *pause);
  }
  EXPECT_LE(place.waited(), WebPlace::kBudget * 4) << "each request of the call has the budget";
  EXPECT_EQ(place.seen_elsewhere(), 0U) << "a redirect was followed";
  const bool is_atomic = place.storage().traits().saves_atomically;
  const bool says_nothing_is_there =
      one.lasts && (one.fault->status == 404 || one.fault->status == 410);
  const auto read = [&](const FileKey& key) {
    auto bytes = place.stored(key);
    // REST servers replace no file: the config is removed and stored anew. When that cannot be done
    // for good, whoever changed it has to keep it (fs/repo/upgrade).
    const bool is_between = !bytes && key == FileKey::config() && !is_atomic && outcome.error;
    return is_between && one.lasts ? test::stored_world().at(key) : bytes;
  };
  EXPECT_TRUE(test::nothing_was_lost(read, one.verb->changes,
                                     !outcome.error && !says_nothing_is_there, is_atomic));
  return true;
}

struct WebFaultName {
  WebKind kind;
  const WebFault* fault;
};

std::vector<WebFaultName> all_faults() {
  std::vector<WebFaultName> all;
  for (const WebFault& fault : test::web_faults()) {
    for (const WebKind kind : fault.kinds) all.push_back({kind, &fault});
  }
  return all;
}

class WebFaults : public ::testing::TestWithParam<WebFaultName> {};

TEST_P(WebFaults, NeverGiveAWrongResultAndLoseNothing) {
  std::size_t met = 0;
  for (const WebCase& one : cases_of(GetParam().kind, *GetParam().fault)) met += run(one) ? 1 : 0;
  EXPECT_GE(met, 2U) << "a fault that nothing meets";
  RecordProperty("cases", std::to_string(met));
  std::printf("%zu cases\n", met);
}

TEST(WebFaultsTable, HasManyCases) {
  std::size_t cases = 0;
  for (const WebFaultName& one : all_faults()) {
    const bool meets_every_call = !one.fault->meets;
    if (meets_every_call) cases += 2 * test::storage_verbs().size();
  }
  std::printf("%zu cases at least\n", cases);
  EXPECT_GE(cases, 500U);
}

INSTANTIATE_TEST_SUITE_P(All, WebFaults, ::testing::ValuesIn(all_faults()), [](const auto& info) {
  return fmt::format("{}_{}", name_of(info.param.kind), info.param.fault->name);
});

}  // namespace
}  // namespace snapfs
