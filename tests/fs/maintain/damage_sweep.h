// Many cases of damage to a small repository, one after the other: what is read then is right, or
// there is an error that says what is damaged; and a check that reads the data notices it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/fs/maintain/damage_case.h"
#include "tests/fs/maintain/judged_repository.h"

namespace snapfs::test {

/// Each `every`-th case, from number `first` on.
struct DamageSlice {
  std::uint64_t every = 1;
  std::uint64_t first = 0;
};

struct DamageSweep {
  std::uint64_t tried = 0;
  std::uint64_t checked = 0;       ///< of those, by a check that has to notice it
  std::vector<std::string> wrong;  ///< the cases that were answered in a wrong way, and how
};

/// What damages the repository: DamageCases::apply, or less in a test of the sweep itself.
using Damage = std::function<void(const DamageCase& one, Backend& repository)>;

DamageSweep sweep_damage(JudgedRepository& judged, const DamageCases& cases, DamageSlice slice,
                         const Damage& damage);

}  // namespace snapfs::test
