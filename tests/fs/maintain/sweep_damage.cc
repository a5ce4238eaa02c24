// Every kind of damage at every place of every file of a small repository (damage_sweep.h).
//
//   sweep_damage MINUTES [SEED]           slices of the cases, for some time
//   sweep_damage --every [EVERY [FIRST]]  each EVERY-th case from the FIRST one on, by default all
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/fs/maintain/damage_case.h"
#include "tests/fs/maintain/damage_sweep.h"
#include "tests/fs/maintain/judged_repository.h"

namespace snapfs::test {
namespace {

constexpr std::size_t kPacks = 16;
constexpr std::size_t kPackBytes = 6000;

/// Packs of trees are smaller.
constexpr std::uint64_t kMostBitsOf = kPackBytes / 2;

class Program {
 public:
  void sweep(DamageSlice slice) {
    const DamageSweep sweep = sweep_damage(judged_, cases_, slice, apply_);
    tried_ += sweep.tried;
    wrong_ += sweep.wrong.size();
    for (const std::string& line : sweep.wrong) {
      std::printf("%s\n  again: sweep_damage --every 1000000000 %s\n", line.c_str(),
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
  JudgedRepository judged_{kPacks, kPackBytes};
  const DamageCases cases_{judged_.backend(), kMostBitsOf};
  const Damage apply_ = [this](const DamageCase& one, Backend& repository) {
    cases_.apply(one, repository);
  };
  std::uint64_t tried_ = 0;
  std::uint64_t wrong_ = 0;
};

int run(const std::vector<std::string>& arguments) {
  const auto number = [&](std::size_t place, std::uint64_t otherwise) {
    return arguments.size() > place ? std::stoull(arguments[place]) : otherwise;
  };
  if (arguments.empty() || arguments.size() > 3) {
    std::fprintf(stderr, "usage: sweep_damage MINUTES [SEED] | --every [EVERY [FIRST]]\n");
    return 2;
  }
  Program program;
  if (arguments[0] == "--every") {
    program.sweep({number(1, 1), number(2, 0)});
  } else {
    program.sweep_for(std::stod(arguments[0]), number(1, 0));
  }
  return program.finish();
}

}  // namespace
}  // namespace snapfs::test

int main(int count, char** arguments) {
  return snapfs::test::run({arguments + 1, arguments + count});
}
