#include "tests/sim/aftermath.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fs/base/error.h"
#include "fs/repo/repository.h"
#include "fs/tree/snapshot_list.h"
#include "fs/tree/tree_reader.h"

namespace snapfs::sim {
namespace {

Contents contents_of(Repository& repository, const Snapshot& snapshot) {
  Contents contents;
  for (const Node& directory : load_tree(repository, snapshot.tree, {})) {
    if (!directory.subtree) continue;
    for (const Node& file : load_tree(repository, *directory.subtree, {})) {
      std::string& content = contents["/" + directory.name + "/" + file.name];
      for (const Id& id : file.content) {
        content += as_text(repository.load_blob({BlobType::kData, id}, {}));
      }
    }
  }
  return contents;
}

/// The root that recover makes has the time in it; what is below it has not.
std::string describe(Repository& repository, const Snapshot& snapshot) {
  std::string text = fmt::format("tags {}, tree", snapshot.tags);
  if (snapshot.tags != std::vector<std::string>{"recovered"})
    return text + " " + snapshot.tree.hex();
  for (const Node& directory : load_tree(repository, snapshot.tree, {})) {
    text += " of " + (directory.subtree ? directory.subtree->hex() : directory.name);
  }
  return text;
}

}  // namespace

void Aftermath::require(const std::vector<std::string>& arguments) {
  if (stored_.violation()) return;
  const Outcome outcome = users_.call(host(), arguments);
  if (outcome.succeeded()) return;
  stored_.violate(fmt::format("in the end, \"{}\" gave {}: {}", fmt::join(arguments, " "),
                              outcome.status, outcome.process->output + outcome.process->messages));
}

void Aftermath::compare(std::string_view when) { look_into(kRepository, when); }

void Aftermath::go_on(std::string_view when) {
  compare(when);
  users_.take_snapshot(host());
  require({"prune", "--max-unused", "0", "--unsafe-allow-remove-all"});
  require({"check", "--read-data"});
  compare("after the next snapshot and prune");
}

std::string Aftermath::look_into(std::string_view place, std::string_view when) {
  if (stored_.violation()) return "";
  std::string found;
  const auto process = make_process(host());
  users_.as(process, [&] {
    try {
      const auto storage = stored_.connect(process, place);
      Repository repository(*storage, {}, {}, {});
      repository.load_index({});
      std::set<Id> listed;
      std::vector<std::string> lines;
      for (const Snapshot& snapshot : load_snapshots(repository, {})) {
        listed.insert(snapshot.id);
        lines.push_back(describe(repository, snapshot));
        const Contents* expected = stored_.contents_of(snapshot.id);
        if (expected == nullptr && snapshot.original && place != kRepository) {
          expected = stored_.contents_of(*snapshot.original);
        }
        if (expected == nullptr || !snapshot.tags.empty()) continue;
        if (contents_of(repository, snapshot) != *expected) {
          stored_.violate(fmt::format("snapshot {} is not what the files were, {}",
                                      snapshot.id.short_hex(), when));
        }
      }
      std::ranges::sort(lines);
      found =
          fmt::format("{}: version {}, {} keys, snapshots: {}", place, repository.config().version,
                      stored_.files(place).stored(FileKind::kKey).size(), fmt::join(lines, "; "));
      if (place != kRepository) return;
      for (const Id& id : users_.snapshots()) {
        if (listed.contains(id) || stored_.was_forgotten(id)) continue;
        stored_.violate(fmt::format("snapshot {} is lost, {}", id.short_hex(), when));
      }
    } catch (const Error& error) {
      stored_.violate(fmt::format("{}: {}", when, error.what()));
    }
  });
  return found;
}

}  // namespace snapfs::sim
