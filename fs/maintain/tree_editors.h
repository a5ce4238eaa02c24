// What rewrite and repair do to trees.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fs/maintain/tree_log.h"
#include "fs/maintain/tree_rewriter.h"

namespace snapfs {

class Index;

/// Removes the names that are not wanted from those in `directory`, a path from the snapshot's
/// root.
using RejectNames =
    std::function<void(const std::string& directory, std::vector<std::string>& names)>;

/// Leaves out what is rejected.
class ExcludingEditor final : public TreeEditor {
 public:
  ExcludingEditor(RejectNames reject, TreeEdited excluded)
      : reject_(std::move(reject)), excluded_(std::move(excluded)) {}

  bool edit(const std::string& directory, std::vector<EditedNode>& nodes) override;

 private:
  RejectNames reject_;
  TreeEdited excluded_;
};

/// What a list of patterns says about a path.
struct PathChoice {
  bool item = false;   ///< it is wanted
  bool below = false;  ///< what is below it may be
};

/// Leaves out all but what is wanted, and the directories that lead there.
class IncludingEditor final : public TreeEditor {
 public:
  using Choose = std::function<PathChoice(const std::string& path)>;

  IncludingEditor(Choose choose, TreeEdited excluded)
      : choose_(std::move(choose)), excluded_(std::move(excluded)) {}

  bool edit(const std::string& directory, std::vector<EditedNode>& nodes) override;
  bool keeps_empty(const std::string& directory) override { return choose_(directory).item; }

 private:
  Choose choose_;
  TreeEdited excluded_;
};

/// Makes trees that can be read again of damaged ones: without the directories and contents that
/// are lost, without nodes that cannot be read, with sizes that fit the contents. Only what is
/// damaged or gone is lost: a tree that cannot be loaded for another reason ends the work.
class RepairingEditor final : public TreeEditor {
 public:
  /// `index` says which contents are there; it must outlive the editor. `repaired` hears of every
  /// path in every snapshot, also of those in trees that they share.
  RepairingEditor(const Index& index, TreeEdited repaired)
      : index_(index), log_(std::move(repaired)) {}

  bool edit(const std::string& directory, std::vector<EditedNode>& nodes) override;
  std::optional<std::string> mend(const std::string& directory, std::string_view node_json,
                                  const Error& error) override;
  bool empty_unreadable_tree(const std::string& directory, const Error& error) override;
  void enter(const std::string& directory) override { log_.enter(directory); }
  void leave(const Id& tree) override { log_.leave(tree); }
  void meet_again(const Id& tree, const std::string& directory) override {
    log_.repeat(tree, directory);
  }
  bool looks_at_paths() const noexcept override { return false; }
  bool may_normalize() const noexcept override { return true; }

 private:
  void repair_content(EditedNode& file);
  bool sort_names(std::vector<EditedNode>& nodes);

  const Index& index_;
  TreeLog log_;
};

}  // namespace snapfs
