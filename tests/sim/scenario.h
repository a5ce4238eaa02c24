// One seed: hosts on which the program's commands run at the same time over one storage, with
// whatever troubles the seed has in store, and what must be so all the time and in the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "tests/sim/fault_judge.h"
#include "tests/sim/stored_world.h"
#include "tests/sim/users.h"

namespace snapfs::sim {

struct ScenarioOptions {
  PlantedBug bug = PlantedBug::kNone;
  std::optional<std::size_t> kind;        ///< of storage_kinds(); nothing: the seed decides
  bool is_plain = false;                  ///< one host, a command at a time, no troubles
  const FaultCase* fault_case = nullptr;  ///< this and nothing else
  const Reply* faultless = nullptr;       ///< what its command replies when nothing happens to it
  bool tell = false;                      ///< each command, as it ends, on standard error
};

/// What became of it.
struct ScenarioReport {
  std::uint64_t seed = 0;
  std::uint64_t trace = 0;  ///< of all that happened
  std::string violation;    ///< in words; empty: everything was as it has to be
  CommandCounts counts;
  std::size_t calls = 0;         ///< to the storage
  std::size_t switches = 0;      ///< between threads
  std::size_t minutes = 0;       ///< of the world's time
  std::size_t faulty_calls = 0;  ///< that the command of the fault made
  bool fault_hit = false;        ///< it was for a call that can fail like that
  Reply reply;                   ///< of that command
};

/// Within World::in_own_thread.
ScenarioReport run_scenario(std::uint64_t seed, const ScenarioOptions& options = {});

}  // namespace snapfs::sim
