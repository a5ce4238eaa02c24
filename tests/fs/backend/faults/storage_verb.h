// What is asked of storages in the cases of faults, the way the layers above ask.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fs/repo/stored_files.h"
#include "tests/fs/backend/faults/stored_world.h"

namespace snapfs::test {

enum class VerbResult {
  kRight,
  kAbsent,  ///< it says that what is there is not: an empty list, no size
  kWrong,
};

struct StorageVerb {
  std::string name;
  std::function<VerbResult(StoredFiles& files, Backend& storage)> run;
  StoredChanges changes = {};
};

/// Content that is loaded is looked at as Repository does: by its digest, or as if by its seal.
const std::vector<StorageVerb>& storage_verbs();

}  // namespace snapfs::test
