// What an operation throws, as a GoogleTest assertion. Only a header, so that any test can include
// it.
#pragma once

#include <exception>
#include <string_view>

#include <gtest/gtest.h>

#include "fs/base/error.h"

namespace snapfs::test {

/// EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "pack", [&] { … })): the operation throws Error with
/// that code, and its message contains `words`.
template <class Operation>
::testing::AssertionResult fails_with(ErrorCode code, std::string_view words,
                                      const Operation& operation) {
  try {
    operation();
  } catch (const Error& error) {
    if (error.code() != code) {
      return ::testing::AssertionFailure()
             << "code " << static_cast<int>(error.code()) << " instead of "
             << static_cast<int>(code) << ": " << error.what();
    }
    if (std::string_view(error.what()).find(words) == std::string_view::npos) {
      return ::testing::AssertionFailure() << "no '" << words << "' in: " << error.what();
    }
    return ::testing::AssertionSuccess();
  } catch (const std::exception& error) {
    return ::testing::AssertionFailure() << "not our Error: " << error.what();
  }
  return ::testing::AssertionFailure() << "nothing was thrown";
}

template <class Operation>
::testing::AssertionResult fails_with(ErrorCode code, const Operation& operation) {
  return fails_with(code, "", operation);
}

}  // namespace snapfs::test
