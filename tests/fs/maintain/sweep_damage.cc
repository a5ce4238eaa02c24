// Every kind of damage at every place of every file of a repository (damage_sweep.h), which is
// small unless there have to be more packs of data in it.
//
//   sweep_damage [--packs N] MINUTES [SEED]           slices of the cases, for some time
//   sweep_damage [--packs N] --every [EVERY [FIRST]]  each EVERY-th case, by default all of them
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "tests/fs/maintain/damage_case.h"
#include "tests/fs/maintain/damage_sweep.h"
#include "tests/fs/maintain/judged_repository.h"

namespace snapfs::test {
namespace {

constexpr std::uint64_t kPacks = 16;
constexpr std::size_t kPackBytes = 6000;

/// Packs of trees are smaller.
constexpr std::uint64_t kMostBitsOf = kPackBytes / 2;

class Program {
 public:
  explicit Program(std::uint64_t packs) : judged_(packs, kPackBytes), again_("sweep_damage") {
    if (packs != kPacks) again_ += fmt::format(" --packs {}", packs);
  }

  void sweep(DamageSlice slice) {
    const DamageSweep sweep = sweep_damage(judged_, cases_, slice, apply_);
    tried_ += sweep.tried;
    wrong_ += sweep.wrong.size();
    for (const std::string& line : sweep.wrong) {
      std::printf("%s\n  again: %s --every 1000000000 %s\n", line.c_str(), again_.c_str(),
                  line.substr(5, line.find(' ', 5) - 5).c_str());
    }
    std::fflush(stdout);
  }

  void sweep_for(double minutes, std::uint64_t seed) {
    using Clock = std::chrono::steady_clock;
    constexpr std::uint64_t kSlices = 9973;
    const auto end = Clock::now() + std::chrono::duration<double>(minutes * 60);
    std::uint64_t i = 0;
    for (; i < kSlices && Clock::now() < end; ++i) sweep({kSlices, (seed + i) % kSlices});
    std::printf("%llu of %llu slices from %llu on\n", static_cast<unsigned long long>(i),
                static_cast<unsigned long long>(kSlices),
                static_cast<unsigned long long>(seed % kSlices));
  }

  int finish() const {
    std::printf("%llu of %llu cases tried, %llu wrong\n", static_cast<unsigned long long>(tried_),
                static_cast<unsigned long long>(cases_.count()),
                static_cast<unsigned long long>(wrong_));
    return wrong_ == 0 ? 0 : 1;
  }

 private:
  JudgedRepository judged_;
  std::string again_;  ///< the command without the cases
  const DamageCases cases_{judged_.backend(), kMostBitsOf};
  const Damage apply_ = [this](const DamageCase& one, Backend& repository) {
    cases_.apply(one, repository);
  };
  std::uint64_t tried_ = 0;
  std::uint64_t wrong_ = 0;
};

struct Arguments {
  std::uint64_t packs = kPacks;
  std::optional<double> minutes = {};  ///< or else the slice
  std::uint64_t seed = 0;
  DamageSlice slice = {};
};

/// Throws std::out_of_range, and what std::stoull and std::stod throw.
Arguments parse(std::vector<std::string> words) {
  Arguments arguments;
  if (words.at(0) == "--packs") {
    arguments.packs = std::stoull(words.at(1));
    words.erase(words.begin(), words.begin() + 2);
  }
  if (words.size() > 3) throw std::out_of_range("too many");
  const auto number = [&](std::size_t place, std::uint64_t otherwise) {
    return words.size() > place ? std::stoull(words[place]) : otherwise;
  };
  if (words.at(0) == "--every") {
    arguments.slice = {number(1, 1), number(2, 0)};
  } else {
    arguments.minutes = std::stod(words[0]);
    arguments.seed = number(1, 0);
  }
  if (arguments.slice.every == 0 || arguments.packs < 2) throw std::out_of_range("too small");
  return arguments;
}

int run(const std::vector<std::string>& words) {
  Arguments arguments;
  try {
    arguments = parse(words);
  } catch (const std::exception&) {
    std::fprintf(stderr,
                 "usage: sweep_damage [--packs N] MINUTES [SEED] | --every [EVERY [FIRST]]\n");
    return 2;
  }
  Program program(arguments.packs);
  if (arguments.minutes) {
    program.sweep_for(*arguments.minutes, arguments.seed);
  } else {
    program.sweep(arguments.slice);
  }
  return program.finish();
}

}  // namespace
}  // namespace snapfs::test

int main(int count, char** arguments) {
  return snapfs::test::run({arguments + 1, arguments + count});
}
