// A fuzz target as libFuzzer calls it. With the argument --write-seeds=DIRECTORY it only leaves the
// target's seeds there, a file each, for a first corpus.
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  constexpr std::string_view kWrite = "--write-seeds=";
  for (int i = 1; i < *count; ++i) {
    const std::string_view argument = (*arguments)[i];
    if (!argument.starts_with(kWrite)) continue;
    const std::string directory(argument.substr(kWrite.size()));
    const std::vector<std::string> seeds = snapfs::test::fuzz_seeds();
    for (std::size_t number = 0; number < seeds.size(); ++number) {
      std::ofstream file(directory + "/seed-" + std::to_string(number), std::ios::binary);
      file << seeds[number];
      if (!file.flush()) std::exit(1);
    }
    std::exit(0);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  snapfs::test::fuzz_one({bytes, size});
  return 0;
}
