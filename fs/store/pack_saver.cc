#include "fs/store/pack_saver.h"

#include <utility>
#include <vector>

#include "fs/repo/repository.h"

namespace snapfs {

void PackSaver::submit(FinishedPack pack, StopToken stop) {
  const std::vector<PackEntry>& entries = pack.description.entries;
  const Content content =
      entries.empty() ? Content::kWholeFile : content_of(entries.front().handle.type);
  repository_.files().save({FileKind::kPack, pack.description.id}, pack.bytes, stop, content);
  pack.bytes = {};
  indexes_.add(std::move(pack.description), std::move(stop));
}

}  // namespace snapfs
