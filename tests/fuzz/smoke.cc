// Runs a fuzz target over its seeds and over inputs made from them, the same ones each time: a test
// that the target still compiles, and a look at the parser that a build without libFuzzer can take.
//
// usage: fuzz_<target> [COUNT [SEED]]    COUNT inputs besides the seeds
//        fuzz_<target> --input FILE      this one, such as libFuzzer has found it
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/mutation.h"

namespace snapfs::test {
namespace {

constexpr std::size_t kCount = 5000;

/// What is being tried, for the handler of a signal.
std::string current_input;

/// Shows the input in a way that printf(1) makes a file of. Calls nothing that a handler may not.
extern "C" void show_input(int signal) {
  constexpr std::string_view kBegin = "the input, for printf: '";
  (void)!::write(STDERR_FILENO, kBegin.data(), kBegin.size());
  for (const unsigned char c : current_input) {
    const char text[4] = {'\\', static_cast<char>('0' + (c >> 6)),
                          static_cast<char>('0' + (c >> 3 & 7)), static_cast<char>('0' + (c & 7))};
    (void)!::write(STDERR_FILENO, text, sizeof(text));
  }
  (void)!::write(STDERR_FILENO, "'\n", 2);
  (void)std::signal(signal, SIG_DFL);
  (void)std::raise(signal);
}

void try_input(std::string input) {
  current_input = std::move(input);
  fuzz_one(as_bytes(current_input));
}

int run(const std::vector<std::string>& arguments) {
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    (void)std::signal(signal, show_input);
  }
  if (arguments.size() == 2 && arguments[0] == "--input") {
    std::ifstream file(arguments[1], std::ios::binary);
    try_input({std::istreambuf_iterator<char>(file), {}});
    return 0;
  }
  const std::size_t count = arguments.empty() ? kCount : std::stoul(arguments[0]);
  std::mt19937_64 random(arguments.size() < 2 ? 1 : std::stoull(arguments[1]));
  const std::vector<std::string> seeds = fuzz_seeds();
  require(!seeds.empty(), "there are seeds");
  try_input({});
  for (const std::string& seed : seeds) try_input(seed);
  for (std::size_t i = 0; i < count; ++i) try_input(mutated(seeds, random));
  std::printf("%zu inputs\n", 1 + seeds.size() + count);
  return 0;
}

}  // namespace
}  // namespace snapfs::test

int main(int count, char** arguments) {
  return snapfs::test::run({arguments + 1, arguments + count});
}
