// The index the other way round, for a few packs: what lies in them.
#pragma once

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "fs/base/id.h"
#include "fs/format/pack.h"

namespace snapfs {

class Index;

/// What the index knows of each of the packs, in ascending order of offsets, exact doubles left
/// out. A pack without entries is missing from the result. One pass over the whole index: ask for
/// all packs at once.
std::unordered_map<Id, std::vector<PackEntry>> blobs_of_packs(Index& index,
                                                              const std::unordered_set<Id>& packs);

}  // namespace snapfs
