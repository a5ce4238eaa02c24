// What came of a call that met a fault, and what may have come of it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "tests/fs/backend/faults/storage_verb.h"

namespace snapfs::test {

/// What may have come of it, by the rule that the case is under.
struct FaultExpectation {
  bool may_be_right = false;
  bool may_be_absent = false;
  std::set<ErrorCode> codes = {};
  bool is_asked_again = false;  ///< an error is passed on only after it was tried several times

  static FaultExpectation right() { return {.may_be_right = true}; }
  static FaultExpectation error(std::set<ErrorCode> codes) { return {.codes = std::move(codes)}; }
  static FaultExpectation right_or(std::set<ErrorCode> codes) {
    return {.may_be_right = true, .codes = std::move(codes)};
  }
};

struct FaultOutcome {
  VerbResult result = VerbResult::kWrong;
  std::optional<Error> error = {};
  std::size_t retries = 0;

  static FaultOutcome of(const StorageVerb& verb, StoredFiles& files, Backend& storage);
};

/// Whether the outcome is one of those; and if it is an error, whether its one line names a place
/// out of `places`, shows none of the secrets, and ends with what can be done.
::testing::AssertionResult is_as_expected(const FaultOutcome& outcome,
                                          const FaultExpectation& expected,
                                          const std::vector<std::string>& places,
                                          const std::vector<std::string>& secrets);

}  // namespace snapfs::test
