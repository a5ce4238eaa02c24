#include "fs/maintain/index_files.h"

#include <mutex>
#include <optional>
#include <utility>

#include "fs/base/error.h"
#include "fs/repo/for_each_file.h"
#include "fs/repo/repository.h"

namespace snapfs {

std::vector<PackDescription> read_index_file(Repository& repository, const Id& file,
                                             StopToken stop) {
  std::vector<PackDescription> packs;
  repository.read_index(
      file, [&packs](const PackDescription& pack) { packs.push_back(pack); }, std::move(stop));
  return packs;
}

void read_index_files(Repository& repository, const std::vector<Id>& files,
                      const VisitIndexFile& visit, const UnreadableIndex& unreadable,
                      StopToken stop) {
  std::mutex one_at_a_time;
  for_each_file(repository.files(), FileKind::kIndex, files, [&](const Id& file) {
    throw_if_stopped(stop);
    std::optional<std::vector<PackDescription>> packs;
    try {
      packs = read_index_file(repository, file, stop);
    } catch (...) {
      const Error error = current_error();
      if (error.ends_the_run() || error.code() == ErrorCode::kInternal) throw;
      const std::lock_guard lock(one_at_a_time);
      unreadable(file, error);
    }
    if (packs) visit(file, *packs);
  });
}

}  // namespace snapfs
