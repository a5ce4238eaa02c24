// Inputs made from others by chance, for where there is no libFuzzer to do it.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace snapfs::test {

/// One of the seeds with a few things in it changed: bits, bytes, numbers, parts that are left out,
/// doubled, or taken from another seed. Follows from the state of `random` alone. `seeds` is not
/// empty.
std::string mutated(const std::vector<std::string>& seeds, std::mt19937_64& random);

}  // namespace snapfs::test
