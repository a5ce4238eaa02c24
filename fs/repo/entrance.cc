#include "fs/repo/entrance.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "fs/base/parallel.h"
#include "fs/repo/for_each_file.h"
#include "fs/repo/stored_files.h"

namespace snapfs {
namespace {

Bytes load_config(StoredFiles& files, const StopToken& stop) {
  Bytes config = files.load(FileKey::config(), std::nullopt, {}, stop);
  if (config.empty()) {
    throw Error(ErrorCode::kDamaged,
                fmt::format("the config of {} is empty; restore it from a copy", files.location()),
                files.location());
  }
  return config;
}

/// Whether there are files of the kind: none in a place that is not there, or no directory. Throws
/// what else keeps it from being listed, which says nothing of what is there.
bool holds(StoredFiles& files, FileKind kind, const StopToken& stop) {
  try {
    return !files.list_ids(kind, stop).empty();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    return false;
  }
}

/// What `init` leaves when it is interrupted: a key is the first thing that it writes, and the
/// config the last.
bool may_be_begun(StoredFiles& files, const StopToken& stop) {
  const auto is_used = [&](FileKind kind) {
    return kind != FileKind::kKey && holds(files, kind, stop);
  };
  try {
    return std::ranges::none_of(kListedKinds, is_used);
  } catch (const Error& error) {
    if (error.ends_the_run()) throw;
    return false;
  }
}

/// The config, once it seemed not to be there. A place that holds what `init` would not write over
/// is a repository all the same: it lacks its config, if that is still not there.
Bytes load_missing_config(StoredFiles& files, const StopToken& stop) {
  const auto is_used = [&](FileKind kind) { return holds(files, kind, stop); };
  const auto* const used = std::ranges::find_if(kUsedBy, is_used);
  if (used == kUsedBy.end()) {
    throw Error(
        ErrorCode::kNoRepository,
        fmt::format(
            "there is no repository at {}: check the name, and whether its disk is mounted; "
            "'snapfs init' makes a new one",
            files.location()),
        files.location());
  }
  try {
    return load_config(files, stop);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
  }
  throw Error(
      ErrorCode::kDamaged,
      fmt::format("the config of {} is missing, while it has {}: put the file 'config' back "
                  "from a copy of the repository{}",
                  files.location(), directory_of(*used),
                  may_be_begun(files, stop)
                      ? ", or, if this is what an interrupted 'init' left, remove "
                        "its keys and begin again"
                      : ""),
      files.location());
}

void load_keys(StoredFiles& files, Entrance& entrance, const StopToken& stop) {
  const std::vector<Id> listed = files.list_ids(FileKind::kKey, stop);
  if (listed.empty()) {
    throw Error(ErrorCode::kDamaged,
                fmt::format("{} has no key files; restore its 'keys' directory", files.location()),
                files.location());
  }
  std::mutex adding;
  for_each_file(files, FileKind::kKey, listed, [&](const Id& id) {
    try {
      KeyFile file = parse_key_file(files.load_verified({FileKind::kKey, id}, stop));
      const std::lock_guard lock(adding);
      entrance.keys.push_back({id, std::move(file)});
    } catch (...) {
      Error error = current_error();
      if (error.ends_the_run()) throw error;
      const std::lock_guard lock(adding);
      entrance.unreadable.push_back({id, std::move(error)});
    }
  });
}

}  // namespace

Entrance Entrance::read(Backend& backend, const StopToken& stop) {
  StoredFiles files(backend);
  Entrance entrance;
  // That there is no repository says more than that it has no keys, whichever is known first.
  std::exception_ptr no_config;
  std::exception_ptr no_keys;
  const auto keep = [](std::exception_ptr& failure, const auto& read) {
    return [&failure, read] {
      try {
        read();
      } catch (...) {
        failure = std::current_exception();
      }
    };
  };
  const std::vector<std::function<void()>> both = {
      keep(no_config, [&] { entrance.config = load_config(files, stop); }),
      keep(no_keys, [&] { load_keys(files, entrance, stop); })};
  parallel_for_each(
      both, [](const auto& read) { read(); }, both.size());
  if (no_config) {
    try {
      std::rethrow_exception(no_config);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kNotFound) throw;
    }
    entrance.config = load_missing_config(files, stop);
    // It was made meanwhile, or the storage is late: what was read of the keys may be, too.
    entrance.keys.clear();
    entrance.unreadable.clear();
    no_keys = nullptr;
    load_keys(files, entrance, stop);
  }
  if (no_keys) std::rethrow_exception(no_keys);
  return entrance;
}

}  // namespace snapfs
