#include "tests/fs/backend/faults/fault_outcome.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace snapfs::test {
namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Whether the words tell somebody to do something.
bool says_what_to_do(std::string_view message) {
  constexpr std::array<std::string_view, 23> kWords = {
      "check ", "see ",    "set ", "run it again",  "run ",  "make room", "make do",   "name ",
      "raise ", "store ",  "use ", "write ",        "put ",  "choose ",   "restore ",  "install ",
      "try ",   "get new", "wait", "connect to it", "tell ", "switch on", "has to be "};
  return std::ranges::any_of(kWords, [&](std::string_view word) { return has(message, word); });
}

bool is_one_line(std::string_view message) {
  return std::ranges::none_of(message, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

::testing::AssertionResult is_good_message(const Error& error,
                                           const std::vector<std::string>& places,
                                           const std::vector<std::string>& secrets) {
  const std::string message = error.what();
  const auto failure = [&](std::string_view why) {
    return ::testing::AssertionFailure() << why << ": " << message;
  };
  if (!is_one_line(message)) return failure("more than a line");
  for (const std::string& secret : secrets) {
    if (has(message, secret) || has(error.subject(), secret)) return failure("a secret is shown");
  }
  if (std::ranges::none_of(places, [&](const std::string& place) { return has(message, place); })) {
    return failure("the server is not named");
  }
  // That a file is not there, or is damaged, is no failure of the storage: whoever asked knows what
  // it means.
  if (!error.means_loss() && !says_what_to_do(message)) {
    return failure("no next step");
  }
  return ::testing::AssertionSuccess();
}

std::string names_of(const std::set<ErrorCode>& codes) {
  std::string names;
  for (const ErrorCode code : codes) names += std::to_string(static_cast<int>(code)) + " ";
  return names;
}

}  // namespace

FaultOutcome FaultOutcome::of(const StorageVerb& verb, StoredFiles& files, Backend& storage) {
  FaultOutcome outcome;
  try {
    outcome.result = verb.run(files, storage);
  } catch (const Error& error) {
    outcome.error = error;
  }
  return outcome;
}

::testing::AssertionResult is_as_expected(const FaultOutcome& outcome,
                                          const FaultExpectation& expected,
                                          const std::vector<std::string>& places,
                                          const std::vector<std::string>& secrets) {
  if (!outcome.error) {
    if (outcome.result == VerbResult::kWrong) {
      return ::testing::AssertionFailure() << "a wrong result";
    }
    const bool is_fine =
        outcome.result == VerbResult::kRight ? expected.may_be_right : expected.may_be_absent;
    if (is_fine) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure()
           << (outcome.result == VerbResult::kRight ? "a result" : "nothing there")
           << " in the place of an error " << names_of(expected.codes);
  }
  if (!expected.codes.contains(outcome.error->code())) {
    return ::testing::AssertionFailure()
           << "error " << static_cast<int>(outcome.error->code()) << " in the place of "
           << (expected.may_be_right ? "what is right " : "") << names_of(expected.codes) << ": "
           << outcome.error->what();
  }
  if (expected.is_asked_again && outcome.retries < 2) {
    return ::testing::AssertionFailure() << "not tried again: " << outcome.error->what();
  }
  return is_good_message(*outcome.error, places, secrets);
}

}  // namespace snapfs::test
