#include "fs/repo/entrance.h"

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
  Bytes config;
  try {
    config = files.load(FileKey::config(), std::nullopt, {}, stop);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    throw Error(
        ErrorCode::kNoRepository,
        fmt::format("there is no repository at {}; make one with 'snapfs init'", files.location()),
        files.location());
  }
  if (config.empty()) {
    throw Error(ErrorCode::kDamaged,
                fmt::format("the config of {} is empty; restore it from a copy", files.location()),
                files.location());
  }
  return config;
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
  if (no_config) std::rethrow_exception(no_config);
  if (no_keys) std::rethrow_exception(no_keys);
  return entrance;
}

}  // namespace snapfs
