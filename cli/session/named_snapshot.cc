#include "cli/session/named_snapshot.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/option/filter_options.h"
#include "cli/option/global_options.h"
#include "cli/output/output.h"
#include "cli/output/snapshot_title.h"
#include "cli/session/cache_directory.h"
#include "cli/session/session.h"
#include "cli/session/snapshot_choice.h"
#include "cli/session/wanted_lock.h"
#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/tree/snapshot_path.h"

namespace snapfs {
namespace {

DamagedSnapshot warn_of_damaged(const GlobalOptions& options) {
  return [&options](const Id& id, const Error& error) {
    print_warning(options.json, id.hex(), error.what());
  };
}

/// The newest complete one of `candidates`, in ascending order, that has the path.
const Snapshot* newest_with(Repository& repository, const std::vector<Snapshot>& candidates,
                            std::string_view path, const StopToken& stop) {
  const Id* without = nullptr;  // many in a row have the same tree
  for (auto snapshot = candidates.rbegin(); snapshot != candidates.rend(); ++snapshot) {
    if (without != nullptr && snapshot->tree == *without) continue;
    if (has_path(repository, snapshot->tree, path, stop)) return &*snapshot;
    without = &snapshot->tree;
  }
  return nullptr;
}

[[noreturn]] void throw_in_none(std::string_view path, const std::vector<Snapshot>& candidates,
                                const SnapshotFilter& filter) {
  const std::string newest = title_of(candidates.back());
  const std::string matching = filter.is_empty() ? "" : " matching " + filter.text();
  const std::string where =
      candidates.size() == 1
          ? fmt::format("is not in {}, before which there is no snapshot{}", newest, matching)
          : fmt::format("is in none of {} snapshots{}, the newest of which is {}",
                        candidates.size(), matching, newest);
  const bool begins_with_tilde = path == "/~" || path.starts_with("/~/");
  const char* const advice =
      begins_with_tilde ? "a shell puts no home directory in place of a ~ behind a colon; "
                          "write \"$HOME\""
                        : "choose others with --path, --host or --tag; \"snapfs find\" looks "
                          "in all of them";
  throw Error(ErrorCode::kNotFound, fmt::format("{} {}: {}", path, where, advice),
              std::string(path));
}

void tell_of_older(const GlobalOptions& options, const Snapshot& found, const Snapshot& newest,
                   std::string_view path) {
  if (options.quiet || found.id == newest.id) return;
  print_warning(options.json, path,
                fmt::format("{} is taken from {}: it is not in {}, which is newer (--path, --host "
                            "and --tag choose)",
                            path, title_of(found), title_of(newest)));
}

/// Of those that the filter matches, not newer than what `name` stands for: the newest that has
/// the path.
Snapshot search(const GlobalOptions& options, Session& session, const std::string& name,
                const std::string& path, const SnapshotFilter& filter) {
  Repository& repository = session.repository();
  std::vector<Snapshot> all = load_snapshots(repository, session.stop(), warn_of_damaged(options));
  const TimeNames times = current_times();
  const Snapshot newest = find_snapshot(all, name, filter, &times);
  std::erase_if(all, [&](const Snapshot& snapshot) {
    return is_partial(snapshot) || !filter.matches(snapshot) || is_earlier(newest, snapshot);
  });
  load_index_to_read(options, session);
  const Snapshot* const found = newest_with(repository, all, path, session.stop());
  session.require_lock();
  if (found == nullptr) throw_in_none(path, all, filter);
  tell_of_older(options, *found, newest, path);
  return *found;
}

NamedSnapshot open_exactly(const GlobalOptions& options, Session& session, const SnapshotPath& path,
                           const SnapshotFilter& filter) {
  const TimeNames times = current_times();
  // The snapshot first: what is written in between is in the index then.
  Snapshot snapshot = load_snapshot(session.repository(), path.snapshot, filter, session.stop(),
                                    warn_of_damaged(options), &times);
  load_index_to_read(options, session);
  const Id tree = find_directory(session.repository(), snapshot.tree, path.folder, session.stop(),
                                 title_of(snapshot));
  session.require_lock();
  return {std::move(snapshot), path.folder, tree};
}

}  // namespace

std::vector<FileKind> reads_for(const std::vector<std::string>& names) {
  const bool by_id = std::all_of(names.begin(), names.end(), [](const std::string& name) {
    return is_id_text(SnapshotPath::parse(name).snapshot);
  });
  return by_id ? std::vector<FileKind>{FileKind::kIndex} : kSnapshotsAndIndex;
}

void load_index_to_read(const GlobalOptions& options, Session& session) {
  if (const auto directory = cache_directory(options)) {
    session.repository().use_index_cache(*directory);
  }
  session.repository().load_index(session.stop());
}

NamedSnapshot open_named_snapshot(const GlobalOptions& options, Session& session,
                                  std::string_view text, const FilterOptions& filter,
                                  std::string_view inside) {
  const SnapshotPath path = SnapshotPath::parse(text);
  const std::string wanted = clean_path(fmt::format("/{}/{}", path.folder, inside));
  if (wanted == "/" || is_id_text(path.snapshot)) {
    return open_exactly(options, session, path, filter.filter());
  }
  Snapshot snapshot = search(options, session, path.snapshot, wanted, filter.filter());
  const Id tree = find_directory(session.repository(), snapshot.tree, path.folder, session.stop(),
                                 title_of(snapshot));
  return {std::move(snapshot), path.folder, tree};
}

NamedSnapshot open_compared_snapshot(const GlobalOptions& options, Session& session,
                                     std::string_view text) {
  return open_exactly(options, session, SnapshotPath::parse(text), {});
}

}  // namespace snapfs
