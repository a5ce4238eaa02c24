#include "tests/fuzz/fuzz_target.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace snapfs::test {

void require(bool holds, std::string_view property) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(property.size()), property.data());
  std::abort();
}

void require_refusal(const Error& error, std::initializer_list<ErrorCode> codes) {
  if (std::ranges::find(codes, error.code()) == codes.end()) {
    std::fprintf(stderr, "refused with code %d: %s\n", static_cast<int>(error.code()),
                 error.what());
  }
  require(std::ranges::find(codes, error.code()) != codes.end(),
          "what is refused is refused with the Error that is documented");
  require(error.what()[0] != '\0', "an Error says something");
}

}  // namespace snapfs::test
