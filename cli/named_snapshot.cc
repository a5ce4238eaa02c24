#include "cli/named_snapshot.h"

#include <utility>

#include "cli/cache_directory.h"
#include "cli/filter_options.h"
#include "cli/global_options.h"
#include "cli/output.h"
#include "cli/session.h"
#include "fs/tree/snapshot_path.h"

namespace snapfs {
namespace {

DamagedSnapshot warn_of_damaged(const GlobalOptions& options) {
  return [&options](const Id& id, const Error& error) {
    print_warning(options.json, id.hex(), error.what());
  };
}

}  // namespace

void load_index_to_read(const GlobalOptions& options, Session& session) {
  if (const auto directory = cache_directory(options)) {
    session.repository().use_index_cache(*directory);
  }
  session.repository().load_index(session.stop());
}

NamedSnapshot open_named_snapshot(const GlobalOptions& options, Session& session,
                                  std::string_view text, const FilterOptions& filter) {
  const SnapshotPath path = SnapshotPath::parse(text);
  Repository& repository = session.repository();
  // The snapshot first: what is written in between is in the index then.
  Snapshot snapshot = load_snapshot(repository, path.snapshot, filter.filter(), session.stop(),
                                    warn_of_damaged(options));
  load_index_to_read(options, session);
  const Id tree = find_directory(repository, snapshot.tree, path.folder, session.stop());
  return {std::move(snapshot), path.folder, tree};
}

}  // namespace snapfs
