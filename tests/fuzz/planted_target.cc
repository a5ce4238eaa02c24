// A target whose parser has a bug on purpose, by which a test sees that the tests of all others can
// fail: it believes a length that stands in its input.
#include <string>

#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {

void fuzz_one(ByteView bytes) {
  FuzzInput input(bytes);
  const std::size_t length = input.byte();
  const std::string text(as_text(input.take(length)));
  require(bytes.empty() || text.size() == length, "the text is as long as it says (planted)");
}

std::vector<std::string> fuzz_seeds() { return {"\x05hello", "\x01x"}; }

}  // namespace snapfs::test
