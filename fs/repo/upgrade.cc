#include "fs/repo/upgrade.h"

#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/format/config.h"
#include "fs/repo/repository.h"

namespace snapfs {

bool can_upgrade(const Repository& repository) { return repository.config().version == 1; }

void upgrade_to_version_2(Repository& repository, StopToken stop) {
  if (!can_upgrade(repository)) {
    throw Error(ErrorCode::kUsage,
                fmt::format("the repository has version {} already: nothing was changed",
                            repository.config().version));
  }
  Config config = repository.config();
  config.version = 2;
  StoredFiles& files = repository.files();
  files.save(FileKey::config(), seal_config(config, repository.master_keys()), stop);
  const Bytes stored = files.load(FileKey::config(), std::nullopt, {}, stop);
  if (open_config(stored, repository.master_keys()).version != 2) {
    throw Error(ErrorCode::kDamaged,
                "the config that was stored is not the one that is there now: does "
                "something else write to the repository?");
  }
}

}  // namespace snapfs
