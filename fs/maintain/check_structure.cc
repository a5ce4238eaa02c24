// The third part: every snapshot, every tree that one leads to, and whether the index knows what
// the files in them are made of.
#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "fs/maintain/check_run.h"
#include "fs/repo/repository.h"
#include "fs/tree/tree_name.h"
#include "fs/tree/tree_reader.h"
#include "fs/tree/tree_walk.h"

namespace snapfs {
namespace {

/// Checks one tree after the other, from several threads.
class TreeCheck {
 public:
  /// `used`, if not null, gets every blob that is met.
  TreeCheck(Repository& repository, CheckReport& report, BlobSet* used, StopToken stop)
      : repository_(repository), report_(report), used_(used), stop_(std::move(stop)) {}

  void visit(const Id& tree, Bytes&& blob, std::vector<Id>& next) {
    if (used_ != nullptr) used_->insert({BlobType::kTree, tree});
    try {
      parse_tree(
          std::move(blob), [&](Node&& node) { check(tree, node, next); }, tree_name(tree), stop_);
    } catch (const Error& error) {
      if (!error.means_loss()) throw;
      // Here and not in the walk, so that the directories before the bad node are looked at.
      report_damage(error.what());
    }
    report_.progress().advance();
  }

  void report_damage(std::string_view message) {
    report_.update(message, [](CheckVerdict& verdict) { verdict.suggest_repair_snapshots = true; });
  }

  void report_unindexed(std::string_view message) {
    blobs_missing_ = true;
    report_damage(message);
  }

  bool blobs_missing() const noexcept { return blobs_missing_; }

 private:
  void check(const Id& tree, const Node& node, std::vector<Id>& next) {
    switch (node.type) {
      case NodeType::kFile:
        check_content(tree, node);
        break;
      case NodeType::kDirectory:
        if (node.subtree->is_null()) {
          report_damage(about(tree, node, "it is a directory without a tree"));
        } else {
          next.push_back(*node.subtree);
        }
        break;
      case NodeType::kIrregular:
        report_damage(about(tree, node, "its type is unknown"));
        break;
      case NodeType::kSymlink:
      case NodeType::kBlockDevice:
      case NodeType::kCharDevice:
      case NodeType::kFifo:
      case NodeType::kSocket:
        break;
    }
  }

  void check_content(const Id& tree, const Node& node) {
    std::uint64_t size = 0;
    bool complete = true;
    std::size_t looked_up = 0;
    for (const Id& id : node.content) {
      if (looked_up++ % kIdsBetweenStops == 0) throw_if_stopped(stop_);
      const auto place = repository_.index().find_any({BlobType::kData, id});
      if (place) {
        size += place->plaintext_length();
        if (used_ != nullptr) used_->insert({BlobType::kData, id});
        continue;
      }
      complete = false;
      report_unindexed(about(tree, node, fmt::format("data blob {} is in no index", id.hex())));
    }
    if (complete && size != node.size) {
      report_damage(about(
          tree, node,
          fmt::format("its size is said to be {} bytes, its content is {}", node.size, size)));
    }
  }

  static std::string about(const Id& tree, const Node& node, std::string_view what) {
    return fmt::format("tree {}: \"{}\": {}", tree.hex(), node.name, what);
  }

  static constexpr std::size_t kIdsBetweenStops = 4096;

  Repository& repository_;
  CheckReport& report_;
  BlobSet* used_;
  const StopToken stop_;
  std::atomic<bool> blobs_missing_ = false;
};

/// Whether a damaged snapshot file is one that was asked for.
bool concerns(const CheckOptions& options, const Id& damaged) {
  if (options.snapshots.empty()) return true;
  const std::string name = damaged.hex();
  return std::ranges::any_of(options.snapshots, [&name](const std::string& text) {
    return text == "latest" || name.starts_with(text);
  });
}

std::vector<Id> chosen_trees(Repository& repository, const CheckOptions& options,
                             CheckReport& report, const StopToken& stop) {
  std::vector<Id> damaged;
  const auto note_damage = [&](const Id& id, const Error& error) {
    damaged.push_back(id);
    if (!concerns(options, id)) return;
    // One that this program cannot read may be sound: nobody should forget it.
    if (error.code() != ErrorCode::kDamaged) {
      return report.unreadable_now(fmt::format("snapshot {}", id.hex()), error);
    }
    report.error(
        fmt::format("{}: bring it back from a copy of the repository, or \"snapfs forget {}\"",
                    error.what(), id.hex()));
  };
  const std::vector<Snapshot> all = load_snapshots(repository, stop, note_damage);
  std::vector<Id> trees;
  if (options.snapshots.empty()) {
    for (const Snapshot& snapshot : all) {
      if (options.filter.matches(snapshot)) trees.push_back(snapshot.tree);
    }
  }
  if (trees.empty() && damaged.empty() && options.snapshots.empty() && !options.filter.is_empty()) {
    throw Error(ErrorCode::kUsage,
                "no snapshot matches the host, tags and paths given: \"snapfs snapshots\" lists "
                "what there is");
  }
  for (const std::string& text : options.snapshots) {
    const bool is_damaged =
        std::ranges::any_of(damaged, [&text](const Id& id) { return id.hex().starts_with(text); });
    if (!is_damaged) trees.push_back(find_snapshot(all, text, options.filter).tree);
  }
  return trees;
}

}  // namespace

UsedBlobs check_structure(Repository& repository, const CheckOptions& options, CheckReport& report,
                          const StopToken& stop) {
  report.progress().begin("check snapshots, trees and blobs", "trees", 0);
  const std::vector<Id> roots = chosen_trees(repository, options, report, stop);
  UsedBlobs used;
  if (options.find_unused || (options.read_data && options.is_selective())) {
    used.blobs.emplace(repository.index().contents());
  }
  TreeCheck check(repository, report, used.blobs ? &*used.blobs : nullptr, stop);
  walk_trees(
      repository, roots,
      [&](const Id& tree, Bytes&& blob, std::vector<Id>& next) {
        check.visit(tree, std::move(blob), next);
      },
      stop,
      [&](const Id& tree, const Error& error) {
        const std::string message = fmt::format("tree {}: {}", tree.hex(), error.what());
        if (!error.means_loss()) {
          report.unreadable_now(tree_name(tree), error);
        } else if (repository.index().contains({BlobType::kTree, tree})) {
          check.report_damage(message);
        } else {
          check.report_unindexed(message);
        }
      });
  used.blobs_missing = check.blobs_missing();
  return used;
}

}  // namespace snapfs
