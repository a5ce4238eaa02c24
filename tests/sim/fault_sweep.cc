#include "tests/sim/fault_sweep.h"

#include <fmt/format.h>

#include "tests/sim/scarcity.h"
#include "tests/sim/scenario.h"

namespace snapfs::sim {
namespace {

class Sweep {
 public:
  Sweep(std::size_t every, std::size_t first, PlantedBug bug)
      : every_(every), first_(first), bug_(bug) {}

  FaultSweep faults() {
    for_each_command([this](std::size_t kind, std::size_t command) {
      const std::size_t calls = try_case(kind, {command, {}, {}}).faulty_calls;
      for (std::size_t call = 1; call <= calls; ++call) {
        for (std::size_t fault = 0; fault < kFaultKinds; ++fault) {
          for (const bool persists : {false, true}) {
            try_some(kind, {command, {static_cast<FaultKind>(fault), call, persists}, {}});
          }
        }
      }
    });
    return std::move(result_);
  }

  FaultSweep scarcity() {
    for_each_command([this](std::size_t kind, std::size_t command) {
      (void)try_case(kind, {command, {}, {}});
      const std::size_t threads = counted_threads();
      const std::size_t allocations = counted_allocations();
      for (std::size_t i = 1; i <= threads; ++i) {
        try_some(kind, {command, {}, {.allocation = 0, .thread = i, .all_threads = false}});
        try_some(kind, {command, {}, {.allocation = 0, .thread = i, .all_threads = true}});
      }
      for (std::size_t i = 1; i <= allocations; ++i) {
        try_some(kind, {command, {}, {.allocation = i, .thread = 0, .all_threads = false}});
      }
    });
    return std::move(result_);
  }

 private:
  /// On a directory, and on a server where calls are made again.
  template <class Work>
  static void for_each_command(const Work& work) {
    for (const std::size_t kind : {0U, 1U}) {
      for (std::size_t command = 0; command < fault_commands().size(); ++command) {
        work(kind, command);
      }
    }
  }

  void try_some(std::size_t kind, const FaultCase& fault_case) {
    if (result_.all++ % every_ != first_) return;
    ++result_.tried;
    const bool hit = try_case(kind, fault_case).fault_hit;
    if (hit || fault_case.fault.call == 0) ++result_.struck;
  }

  ScenarioReport try_case(std::size_t kind, const FaultCase& fault_case) {
    ScenarioOptions options;
    options.kind = kind;
    options.fault_case = &fault_case;
    options.bug = bug_;
    const ScenarioReport report = run_scenario(1, options);
    if (!report.violation.empty()) {
      const StorageFault& fault = fault_case.fault;
      result_.findings.push_back(
          fmt::format("\"{}\", fault {} {} call {}, allocation {}, {} {}, {}",
                      fault_commands()[fault_case.command], static_cast<int>(fault.kind),
                      fault.persists ? "from" : "at", fault.call, fault_case.scarcity.allocation,
                      fault_case.scarcity.all_threads ? "threads from" : "thread",
                      fault_case.scarcity.thread, report.violation));
    }
    return report;
  }

  const std::size_t every_;
  const std::size_t first_;
  const PlantedBug bug_;
  FaultSweep result_;
};

}  // namespace

FaultSweep sweep_faults(std::size_t every, std::size_t first, PlantedBug bug) {
  return Sweep(every, first, bug).faults();
}

FaultSweep sweep_scarcity(std::size_t every, std::size_t first, PlantedBug bug) {
  return Sweep(every, first, bug).scarcity();
}

}  // namespace snapfs::sim
