#include "fs/repo/file_removal.h"

#include <algorithm>
#include <utility>

#include "fs/base/synchronized.h"
#include "fs/repo/for_each_file.h"

namespace snapfs {
namespace {

void remove_one(StoredFiles& stored, const FileKey& file, const StopToken& stop) {
  try {
    stored.remove(file, stop);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
  }
}

}  // namespace

RemovalResult remove_files(StoredFiles& stored, FileKind kind, const std::vector<Id>& files,
                           StopToken stop, const FileRemoved& removed) {
  Synchronized<std::vector<RemovalFailure>> failures;
  for_each_file(stored, kind, files, [&](const Id& id) {
    throw_if_stopped(stop);
    try {
      remove_one(stored, {kind, id}, stop);
    } catch (const Error& error) {
      if (error.ends_the_run()) throw;
      failures.lock()->push_back({id, error});
      return;
    }
    if (removed) removed(id);
  });
  RemovalResult result;
  result.failures = std::move(*failures.lock());
  std::ranges::sort(result.failures, {}, &RemovalFailure::id);
  result.removed = files.size() - result.failures.size();
  return result;
}

}  // namespace snapfs
