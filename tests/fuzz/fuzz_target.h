// What a fuzz target is: two functions that each target defines, and what it states about the
// parser that it tries. A target is linked with smoke.cc, which runs it over some thousand inputs
// in the tests, or with libFuzzer (scripts/fuzz), which goes on for as long as it is let.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/error.h"

namespace snapfs::test {

/// Defined by each target. Takes any bytes, and any number of them; what it does follows from them
/// alone. Ends the program when a property does not hold; an exception that leaves it is a finding,
/// too.
void fuzz_one(ByteView input);

/// Defined by each target: sound inputs, from which others are made. The same at each call.
std::vector<std::string> fuzz_seeds();

/// Ends the program, naming the property, when it does not hold.
void require(bool holds, std::string_view property);

/// Ends the program when the code is none of those, or the Error says nothing.
void require_refusal(const Error& error, std::initializer_list<ErrorCode> codes);

/// What `parse` returns; nothing when it refuses with an Error of one of the codes. Any other Error
/// ends the program.
template <class Parse>
auto accepted(std::initializer_list<ErrorCode> codes, const Parse& parse)
    -> std::optional<decltype(parse())> {
  try {
    return parse();
  } catch (const Error& error) {
    require_refusal(error, codes);
    return std::nullopt;
  }
}

/// What a stored document may be refused with.
inline constexpr std::initializer_list<ErrorCode> kDocumentCodes = {ErrorCode::kDamaged,
                                                                    ErrorCode::kUnsupported};

}  // namespace snapfs::test
