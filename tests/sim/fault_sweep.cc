#include "tests/sim/fault_sweep.h"

#include <fmt/format.h>

#include "tests/sim/fault_commands.h"
#include "tests/sim/fault_trial.h"
#include "tests/sim/own_process.h"
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
      const ScenarioReport faultless = try_faultless(kind, command);
      const std::size_t calls = faultless.faulty_calls;
      for (std::size_t call = 1; call <= calls; ++call) {
        for (std::size_t fault = 0; fault < kFaultKinds; ++fault) {
          for (const bool persists : {false, true}) {
            try_some(kind, {command, {static_cast<FaultKind>(fault), call, persists}, {}},
                     faultless.reply);
          }
        }
      }
    });
    return std::move(result_);
  }

  FaultSweep scarcity() {
    for_each_command([this](std::size_t kind, std::size_t command) {
      const Reply faultless = try_faultless(kind, command).reply;
      const std::size_t threads = counted_threads();
      const std::size_t allocations = counted_allocations();
      for (const bool persists : {false, true}) {
        for (std::size_t i = 1; i <= threads; ++i) {
          try_some(kind, {command, {}, {.thread = i, .persists = persists}}, faultless);
        }
        for (std::size_t i = 1; i <= allocations; ++i) {
          try_some(kind, {command, {}, {.allocation = i, .persists = persists}}, faultless);
        }
      }
    });
    return std::move(result_);
  }

 private:
  /// On a directory, and on an object store, where calls are made again. What a fault leaves of a
  /// file where saves are not atomic is another matter.
  template <class Work>
  static void for_each_command(const Work& work) {
    for (const std::size_t kind : {0U, 2U}) {
      for (std::size_t command = 0; command < fault_commands().size(); ++command) {
        work(kind, command);
      }
    }
  }

  /// What comes of the command when nothing happens to it. It has to succeed.
  ScenarioReport try_faultless(std::size_t kind, std::size_t command) {
    const FaultCase nothing{command, {}, {}};
    // The first run on a kind of storage makes what all others begin with.
    if (command == 0) (void)try_case(kind, nothing, nullptr);
    const ScenarioReport report = try_case(kind, nothing, nullptr);
    if (report.reply.status != 0) tell(nothing, report.reply.messages);
    return report;
  }

  void try_some(std::size_t kind, const FaultCase& fault_case, const Reply& faultless) {
    if (result_.all++ % every_ != first_) return;
    ++result_.tried;
    if (fault_case.scarcity.allocation > 0 && fault_case.scarcity.persists) {
      ++result_.struck;
      return try_without_memory(kind, fault_case, faultless);
    }
    const bool hit = try_case(kind, fault_case, &faultless).fault_hit;
    if (hit || fault_case.fault.call == 0) ++result_.struck;
  }

  ScenarioReport try_case(std::size_t kind, const FaultCase& fault_case, const Reply* faultless) {
    ScenarioReport report = run_case(kind, fault_case, faultless);
    if (!report.violation.empty()) tell(fault_case, report.violation);
    return report;
  }

  /// The command may end in the middle of anything.
  void try_without_memory(std::size_t kind, const FaultCase& fault_case, const Reply& faultless) {
    const std::string violation =
        in_own_process([&] { return run_case(kind, fault_case, &faultless).violation; },
                       [] {
                         FaultTrial* const trial = FaultTrial::current();
                         if (trial == nullptr) return std::string("ended outside of the command");
                         trial->end_here();
                         return StoredWorld::current().violation().value_or("");
                       });
    if (!violation.empty()) tell(fault_case, violation);
  }

  ScenarioReport run_case(std::size_t kind, const FaultCase& fault_case, const Reply* faultless) {
    ScenarioOptions options;
    options.kind = kind;
    options.fault_case = &fault_case;
    options.faultless = faultless;
    options.bug = bug_;
    return run_scenario(1, options);
  }

  void tell(const FaultCase& fault_case, const std::string& what) {
    const auto name = [](const char* what, std::size_t number, bool persists) {
      return number == 0 ? "" : fmt::format(", {} {}{}", what, number, persists ? " and on" : "");
    };
    const StorageFault& fault = fault_case.fault;
    const Scarcity& scarcity = fault_case.scarcity;
    result_.findings.push_back(
        fmt::format("\"{}\"{}{}{}: {}", fault_commands()[fault_case.command],
                    name(fmt::format("fault {} at call", static_cast<int>(fault.kind)).c_str(),
                         fault.call, fault.persists),
                    name("without allocation", scarcity.allocation, scarcity.persists),
                    name("without thread", scarcity.thread, scarcity.persists), what));
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
