#include "fs/store/pack_saver.h"

#include <utility>

#include "fs/repo/repository.h"

namespace snapfs {

void PackSaver::submit(FinishedPack pack, StopToken stop) {
  repository_.files().save({FileKind::kPack, pack.description.id}, pack.bytes, stop);
  pack.bytes = {};
  indexes_.add(std::move(pack.description), std::move(stop));
}

}  // namespace snapfs
