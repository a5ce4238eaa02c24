// Every command on a small repository with one fault of the storage: at each of its calls, of each
// kind, once or from then on, near and far. And every command without one of the allocations it
// makes, or of the threads it starts.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/sim/stored_world.h"

namespace snapfs::sim {

struct FaultSweep {
  std::size_t all = 0;     ///< cases that there are
  std::size_t tried = 0;   ///< of those, so many were tried
  std::size_t struck = 0;  ///< and in so many the call could fail like that
  std::vector<std::string> findings;
};

/// Tries each `every`th case from number `first` on. Within World::in_own_thread.
FaultSweep sweep_faults(std::size_t every, std::size_t first, PlantedBug bug = PlantedBug::kNone);
FaultSweep sweep_scarcity(std::size_t every, std::size_t first, PlantedBug bug = PlantedBug::kNone);

}  // namespace snapfs::sim
