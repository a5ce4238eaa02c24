#include "fs/tree/snapshot_list.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fs/base/ascii_case.h"
#include "fs/base/error.h"
#include "fs/base/synchronized.h"
#include "fs/repo/for_each_file.h"
#include "fs/repo/repository.h"
#include "fs/time/time_expression.h"
#include "fs/tree/replaced_snapshot.h"

namespace snapfs {
namespace {

constexpr std::string_view kLatest = "latest";
constexpr std::string_view kDigits = "0123456789abcdefABCDEF";

bool contains(const std::vector<std::string>& list, const std::string& wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

bool contains_all(const std::vector<std::string>& list, const std::vector<std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const std::string& item) { return contains(list, item); });
}

/// The newest snapshot that `accept` takes, or null.
template <class Accept>
const Snapshot* find_newest(const std::vector<Snapshot>& snapshots, const Accept& accept) {
  const Snapshot* newest = nullptr;
  for (const Snapshot& snapshot : snapshots) {
    if (!accept(snapshot)) continue;
    if (newest == nullptr || is_earlier(*newest, snapshot)) newest = &snapshot;
  }
  return newest;
}

const Snapshot& find_latest(const std::vector<Snapshot>& snapshots, const SnapshotFilter& filter) {
  const Snapshot* newest = find_newest(snapshots, [&](const Snapshot& snapshot) {
    return !is_partial(snapshot) && filter.matches(snapshot);
  });
  if (newest != nullptr) return *newest;
  if (snapshots.empty()) {
    throw Error(ErrorCode::kNotFound, "there is no latest snapshot: the repository has none yet",
                std::string(kLatest));
  }
  throw Error(ErrorCode::kNotFound,
              filter.is_empty() ? "there is no latest snapshot: none was finished yet"
                                : fmt::format("no snapshot matches {}", filter.text()),
              std::string(kLatest));
}

const Snapshot& find_at(const std::vector<Snapshot>& snapshots, std::string_view text,
                        Timestamp time, const SnapshotFilter& filter) {
  const Snapshot* newest = find_newest(snapshots, [&](const Snapshot& snapshot) {
    return !is_partial(snapshot) && snapshot.time.instant <= time && filter.matches(snapshot);
  });
  if (newest != nullptr) return *newest;
  throw Error(ErrorCode::kNotFound,
              fmt::format("no snapshot{}{} is as old as \"{}\": \"snapfs snapshots\" lists them",
                          filter.is_empty() ? "" : " that matches ", filter.text(), text),
              std::string(text));
}

/// Of what is no ID. In place of a name for a snapshot that is to be changed, a time is no
/// accident that is waited for.
[[noreturn]] void throw_no_name(std::string_view text, bool times) {
  const char* advice = times ? "give \"latest\", an ID, or a time such as yesterday or 2026-01-31"
                             : "give \"latest\" or an ID";
  if (!times && parse_time_expression(text, {}, {})) {
    advice = "a time is no name here, give \"latest\" or an ID";
  }
  throw Error(ErrorCode::kUsage, fmt::format("\"{}\" does not name a snapshot: {}", text, advice),
              std::string(text));
}

}  // namespace

bool has_tags(const Snapshot& snapshot, const std::vector<std::string>& wanted) {
  // In restic's order: an empty tag means none at all, unless one before it is not there.
  for (const std::string& tag : wanted) {
    if (tag.empty() && snapshot.tags.empty()) return true;
    if (!contains(snapshot.tags, tag)) return false;
  }
  return true;
}

bool SnapshotFilter::matches(const Snapshot& snapshot) const {
  if (!hosts.empty() && !contains(hosts, snapshot.hostname)) return false;
  const auto has_these = [&](const std::vector<std::string>& list) {
    return has_tags(snapshot, list);
  };
  if (!tags.empty() && std::none_of(tags.begin(), tags.end(), has_these)) return false;
  return contains_all(snapshot.paths, paths);
}

std::string SnapshotFilter::text() const {
  std::string text;
  const auto add = [&text](std::string_view option, std::string_view value) {
    text += fmt::format("{}{} {}", text.empty() ? "" : " ", option, value);
  };
  for (const std::string& host : hosts) add("--host", host);
  for (const std::vector<std::string>& list : tags)
    add("--tag", fmt::format("{}", fmt::join(list, ",")));
  for (const std::string& path : paths) add("--path", path);
  return text;
}

bool is_earlier(const Snapshot& a, const Snapshot& b) noexcept {
  return std::tie(a.time.instant, a.id) < std::tie(b.time.instant, b.id);
}

std::vector<Snapshot> load_snapshots(Repository& repository, StopToken stop,
                                     const DamagedSnapshot& damaged, const std::set<Id>& without) {
  Synchronized<std::vector<Snapshot>> loaded;
  std::vector<Id> listed = repository.list(FileKind::kSnapshot, stop);
  std::erase_if(listed, [&without](const Id& id) { return without.contains(id); });
  for_each_file(repository.files(), FileKind::kSnapshot, listed, [&](const Id& id) {
    throw_if_stopped(stop);
    try {
      const Bytes json = repository.load_file({FileKind::kSnapshot, id}, stop);
      Snapshot snapshot = parse_snapshot(id, json);
      loaded.lock()->push_back(std::move(snapshot));
    } catch (...) {
      const Error error = current_error();
      // Storage that does not answer, or a file that has gone, says nothing of one file alone.
      const bool of_this_file = error.code() == ErrorCode::kDamaged ||
                                error.code() == ErrorCode::kUnsupported ||
                                error.code() == ErrorCode::kOutOfResources;
      if (!of_this_file || !damaged) throw;
      const auto one_at_a_time = loaded.lock();
      damaged(id, error);
    }
  });
  std::vector<Snapshot> snapshots = std::move(*loaded.lock());
  std::sort(snapshots.begin(), snapshots.end(), is_earlier);
  return snapshots;
}

bool is_id_text(std::string_view text) noexcept {
  return !text.empty() && text.find_first_not_of(kDigits) == std::string_view::npos;
}

const Snapshot& find_snapshot(const std::vector<Snapshot>& snapshots, std::string_view text,
                              const SnapshotFilter& filter, const TimeNames* times) {
  if (text == kLatest) return find_latest(snapshots, filter);
  const auto time = times != nullptr ? parse_time_expression(text, times->now, times->zone)
                                     : std::optional<Timestamp>();
  if (!is_id_text(text)) {
    if (time) return find_at(snapshots, text, *time, filter);
    throw_no_name(text, times != nullptr);
  }
  const std::string prefix = ascii_lower(text);
  const Snapshot* found = nullptr;
  for (const Snapshot& snapshot : snapshots) {
    if (!snapshot.id.hex().starts_with(prefix)) continue;
    if (found != nullptr) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("\"{}\" stands for several snapshots: give more digits", text),
                  std::string(text));
    }
    found = &snapshot;
  }
  if (found != nullptr) return *found;
  throw Error(
      ErrorCode::kNotFound,
      fmt::format("no snapshot's ID begins with \"{}\"{}", text,
                  time ? ": such digits are never a time, write 7d-ago or 2026-01-31 for one" : ""),
      std::string(text));
}

std::optional<Snapshot> find_parent(const std::vector<Snapshot>& snapshots, Timestamp time,
                                    const SnapshotFilter& filter) {
  const Snapshot* newest = find_newest(snapshots, [&](const Snapshot& snapshot) {
    return !is_partial(snapshot) && snapshot.time.instant <= time && filter.matches(snapshot);
  });
  return newest != nullptr ? std::optional(*newest) : std::nullopt;
}

Id save_snapshot(Repository& repository, const Snapshot& snapshot, StopToken stop) {
  return repository.save_file(FileKind::kSnapshot, as_bytes(encode_snapshot(snapshot)),
                              std::move(stop));
}

Id replace_snapshot(Repository& repository, const Snapshot& old, Snapshot changed, StopToken stop) {
  if (!changed.original) changed.original = old.original.value_or(old.id);
  const Id id = save_snapshot(repository, changed, stop);
  remove_replaced_snapshot(repository, old.id, id, stop);
  return id;
}

}  // namespace snapfs
