// A repository with something for prune to do in every step, and the question whether everything in
// it is still there. For tests of what changes repositories as a whole.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fs/backend/backend.h"
#include "fs/repo/repository.h"
#include "tests/support/repository_maker.h"

namespace snapfs::test {

/// Fills the repository: packs of which all, some and nothing is used, two copies of a blob, a pack
/// that no index lists, a pack that is listed and gone.
void fill_for_prune(RepositoryMaker& maker, Backend& backend);

/// How many snapshots there are, when every blob that they need is listed, stored and intact; else
/// throws what is wrong.
std::size_t count_intact_snapshots(Backend& backend);

/// What lies in the repository for nothing: packs that no index lists, blobs that no snapshot
/// needs, blobs stored twice, packs that are listed and not there.
std::vector<std::string> find_waste(Backend& backend);

}  // namespace snapfs::test
