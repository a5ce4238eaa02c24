#include "tests/crash/write_log.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "fs/base/id.h"
#include "tests/crash/disk_model.h"

namespace snapfs::test {
namespace {

/// The places in the log of syncs that made something certain.
std::vector<std::size_t> effective_syncs(const WriteLog& log, const std::string& root,
                                         const std::string& before) {
  std::vector<std::size_t> places;
  DiskModel model(root, before);
  for (std::size_t i = 0; i < log.size(); ++i) {
    const std::size_t uncertain = model.uncertain();
    model.apply(log[i]);
    if (log[i].kind == EventKind::kSync && model.uncertain() < uncertain) places.push_back(i);
  }
  return places;
}

std::string name_of_sync(const WriteLog& log, std::size_t place) {
  return fmt::format("without event {}, {}", place, to_text(log[place]));
}

/// A file is stored, or removed: by a name that is an ID, or is "config".
struct Step {
  EventKind kind;  ///< kRename or kUnlink
  std::string_view directory;
};

/// The first relies on the second having come before.
constexpr std::array<std::pair<Step, Step>, 9> kOrder = {{
    {{EventKind::kRename, "index"}, {EventKind::kRename, "data"}},
    {{EventKind::kRename, "snapshots"}, {EventKind::kRename, "index"}},
    {{EventKind::kRename, "config"}, {EventKind::kRename, "keys"}},
    {{EventKind::kUnlink, "index"}, {EventKind::kRename, "index"}},
    {{EventKind::kUnlink, "snapshots"}, {EventKind::kRename, "snapshots"}},
    {{EventKind::kUnlink, "keys"}, {EventKind::kRename, "keys"}},
    {{EventKind::kUnlink, "data"}, {EventKind::kRename, "index"}},
    {{EventKind::kUnlink, "data"}, {EventKind::kUnlink, "index"}},
    {{EventKind::kUnlink, "index"}, {EventKind::kUnlink, "snapshots"}},
}};

bool is_final(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return name == "config" || Id::parse(name).has_value();
}

class Reordering {
 public:
  Reordering(const WriteLog& log, std::string repository)
      : log_(log), repository_(std::move(repository)) {}

  std::optional<FaultyLog> swap(const Step& later, const Step& earlier) const {
    const auto first =
        std::ranges::find_if(log_, [&](const FileEvent& e) { return completes(e, earlier); });
    const bool both = std::ranges::any_of(first, log_.end(),
                                          [&](const FileEvent& e) { return completes(e, later); });
    if (!both) return std::nullopt;
    const auto begun = std::ranges::find_if(
        log_.begin(), first, [&](const FileEvent& e) { return belongs(e, earlier); });
    FaultyLog faulty;
    std::copy(log_.begin(), begun, std::back_inserter(faulty.log));
    std::copy_if(begun, log_.end(), std::back_inserter(faulty.log),
                 [&](const FileEvent& e) { return belongs(e, later); });
    std::copy_if(begun, log_.end(), std::back_inserter(faulty.log),
                 [&](const FileEvent& e) { return !belongs(e, later); });
    faulty.fault = fmt::format("{} in {} before {} in {}", name_of(later.kind), later.directory,
                               name_of(earlier.kind), earlier.directory);
    return faulty;
  }

 private:
  bool is_in(const std::string& path, std::string_view directory) const {
    const std::string place = fmt::format("{}/{}", repository_, directory);
    return path == place || path.starts_with(place + "/") || path.starts_with(place + "-tmp-");
  }

  bool completes(const FileEvent& event, const Step& step) const {
    if (event.kind != step.kind || !is_in(event.path, step.directory)) return false;
    return is_final(event.kind == EventKind::kRename ? event.other : event.path);
  }

  /// Whether the event is a part of such a step: what leads to the name, and the directory's sync.
  bool belongs(const FileEvent& event, const Step& step) const {
    if (!is_in(event.path, step.directory) || event.kind == EventKind::kMkdir) return false;
    const bool removes = event.kind == EventKind::kUnlink && is_final(event.path);
    return removes == (step.kind == EventKind::kUnlink);
  }

  const WriteLog& log_;
  const std::string repository_;
};

}  // namespace

std::vector<FaultyLog> without_a_sync(const WriteLog& log, const std::string& root,
                                      const std::string& before) {
  std::vector<FaultyLog> faulty;
  for (const std::size_t place : effective_syncs(log, root, before)) {
    faulty.push_back({name_of_sync(log, place), log});
    faulty.back().log.erase(faulty.back().log.begin() + static_cast<std::ptrdiff_t>(place));
  }
  return faulty;
}

std::vector<FaultyLog> without_syncs_from(const WriteLog& log, const std::string& root,
                                          const std::string& before) {
  std::vector<FaultyLog> faulty;
  for (const std::size_t place : effective_syncs(log, root, before)) {
    FaultyLog without{name_of_sync(log, place), {}};
    for (std::size_t i = 0; i < log.size(); ++i) {
      const bool is_same = log[i].kind == EventKind::kSync && log[i].path == log[place].path;
      if (i < place || !is_same) without.log.push_back(log[i]);
    }
    faulty.push_back(std::move(without));
  }
  return faulty;
}

std::vector<FaultyLog> in_wrong_order(const WriteLog& log, const std::string& repository) {
  const Reordering reordering(log, repository);
  std::vector<FaultyLog> faulty;
  for (const auto& [later, earlier] : kOrder) {
    if (auto swapped = reordering.swap(later, earlier)) faulty.push_back(std::move(*swapped));
  }
  return faulty;
}

}  // namespace snapfs::test
