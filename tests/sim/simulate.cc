// Runs seeds for some time, and tells of each that shows what must not be.
//
//   simulate MINUTES [FIRST-SEED]      seeds from that one on, or from 1
//   simulate --tell SEED               one seed, command by command
//   simulate --faults [EVERY [FIRST]]  each so manyth of the faults of fault_sweep.h
//   simulate --scarcity [EVERY [FIRST]]  the same without memory, or without threads
//   simulate --sweeps MINUTES [SEED]   slices of both, for some time
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "tests/sim/fault_sweep.h"
#include "tests/sim/scenario.h"
#include "tests/sim/world.h"

namespace snapfs::sim {
namespace {

/// Outside of any world: the system's time.
double seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// Of all seeds of a run, in memory that its processes share.
struct Totals {
  CommandCounts counts;
  std::size_t calls = 0;
  std::size_t switches = 0;
  std::uint64_t seeds = 0;
  std::uint64_t violations = 0;

  void add(const ScenarioReport& report) {
    ++seeds;
    counts += report.counts;
    calls += report.calls;
    switches += report.switches;
    if (!report.violation.empty()) tell(report.seed, report.violation.c_str());
  }

  void tell(std::uint64_t seed, const char* violation) {
    ++violations;
    std::printf("seed %llu (again: simulate --tell %llu): %s\n",
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(seed),
                violation);
    std::fflush(stdout);
  }
};

/// What processes of a world leave when they are killed stays until their own ends, locked pages
/// among it: so many seeds have a process to themselves.
constexpr std::uint64_t kBatch = 2000;

/// From the next seed on, until there are as many, or it is time.
void run_batch(std::uint64_t first, double end, Totals& totals) {
  World::in_own_thread([&] {
    run_scenario(0);
    for (std::uint64_t i = 0; i < kBatch && seconds() < end; ++i) {
      totals.add(run_scenario(first + totals.seeds));
    }
  });
}

int run_many(std::uint64_t first, double minutes) {
  void* const shared =
      ::mmap(nullptr, sizeof(Totals), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 1;
  Totals& total = *new (shared) Totals;
  const double start = seconds();
  while (seconds() - start < minutes * 60) {
    const pid_t child = ::fork();
    if (child < 0) return 1;
    if (child == 0) {
      run_batch(first, start + minutes * 60, total);
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status == 0) continue;
    total.tell(first + total.seeds, "the process ended in the middle of it");
    ++total.seeds;
  }
  std::printf(
      "%zu commands (%zu succeeded, %zu killed), %zu snapshots, %zu files dumped, %zu read in "
      "mounts, %zu calls to storage, %zu switches\n",
      total.counts.commands, total.counts.succeeded, total.counts.killed, total.counts.snapshots,
      total.counts.files_dumped, total.counts.files_read_in_mounts, total.calls, total.switches);
  // A line for the ledger in docs/reliability.md.
  std::printf("%llu seeds in %.0f s, %llu to %llu; %llu show what must not be\n",
              static_cast<unsigned long long>(total.seeds), seconds() - start,
              static_cast<unsigned long long>(first),
              static_cast<unsigned long long>(first + total.seeds - 1),
              static_cast<unsigned long long>(total.violations));
  return total.violations == 0 ? 0 : 1;
}

int tell(std::uint64_t seed) {
  ScenarioOptions options;
  options.tell = true;
  ScenarioReport report;
  World::in_own_thread([&] {
    run_scenario(0);
    report = run_scenario(seed, options);
  });
  std::printf("seed %llu, trace %016llx, %zu minutes, %zu calls, %zu switches: %s\n",
              static_cast<unsigned long long>(seed), static_cast<unsigned long long>(report.trace),
              report.minutes, report.calls, report.switches,
              report.violation.empty() ? "as it has to be" : report.violation.c_str());
  return report.violation.empty() ? 0 : 1;
}

using SweepFunction = FaultSweep(std::size_t every, std::size_t first, PlantedBug bug);

constexpr std::array<std::pair<const char*, SweepFunction*>, 2> kSweeps = {
    {{"--faults", &sweep_faults}, {"--scarcity", &sweep_scarcity}}};

int run_sweep(const char* name, SweepFunction* function, std::size_t every, std::size_t first) {
  FaultSweep sweep;
  World::in_own_thread([&] {
    run_scenario(0);
    sweep = function(every, first, PlantedBug::kNone);
  });
  for (const std::string& finding : sweep.findings) std::printf("%s\n", finding.c_str());
  std::printf("%s: %zu of %zu cases tried, %zu of them struck; %zu showed what must not be\n", name,
              sweep.tried, sweep.all, sweep.struck, sweep.findings.size());
  if (!sweep.findings.empty()) std::printf("again: simulate %s %zu %zu\n", name, every, first);
  std::fflush(stdout);
  return sweep.findings.empty() ? 0 : 1;
}

/// Both sweeps in slices, until the time is up.
int run_sweeps(double minutes, std::uint64_t seed) {
  constexpr std::size_t kSlices = 997;
  const double start = seconds();
  int status = 0;
  for (std::uint64_t i = 0; i < 2 * kSlices && seconds() - start < minutes * 60; ++i) {
    const auto& [name, function] = kSweeps.at(i % 2);
    status |= run_sweep(name, function, kSlices, (seed + i / 2) % kSlices);
  }
  return status;
}

std::uint64_t number_at(int argc, char** argv, int place, std::uint64_t otherwise) {
  return argc > place ? std::strtoull(argv[place], nullptr, 10) : otherwise;
}

}  // namespace
}  // namespace snapfs::sim

int main(int argc, char** argv) {
  ::setenv("TZ", "UTC", 1);
  if (argc == 3 && std::strcmp(argv[1], "--tell") == 0) {
    return snapfs::sim::tell(std::strtoull(argv[2], nullptr, 10));
  }
  using snapfs::sim::number_at;
  for (const auto& [name, function] : snapfs::sim::kSweeps) {
    if (argc < 2 || std::strcmp(argv[1], name) != 0) continue;
    return snapfs::sim::run_sweep(name, function, number_at(argc, argv, 2, 1),
                                  number_at(argc, argv, 3, 0));
  }
  if (argc >= 3 && std::strcmp(argv[1], "--sweeps") == 0) {
    return snapfs::sim::run_sweeps(std::strtod(argv[2], nullptr), number_at(argc, argv, 3, 0));
  }
  if (argc != 2 && argc != 3) {
    std::fprintf(stderr,
                 "usage: simulate MINUTES [FIRST-SEED] | --tell SEED | --faults [EVERY [FIRST]] | "
                 "--scarcity [EVERY [FIRST]] | --sweeps MINUTES [SEED]\n");
    return 2;
  }
  return snapfs::sim::run_many(number_at(argc, argv, 2, 1), std::strtod(argv[1], nullptr));
}
