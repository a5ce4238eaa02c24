// What rewrite and repair do to trees.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fs/maintain/tree_log.h"
#include "fs/maintain/tree_rewriter.h"

namespace snapfs {

class Index;

/// What a list of patterns says about a path.
struct PathChoice {
  bool item = false;   ///< it is matched
  bool below = false;  ///< what is below it may be
};

/// Patterns on the way down: what matters of a directory's path is its state.
class PathRule {
 public:
  virtual ~PathRule() = default;

  /// The state of a directory by its name in the one of that state; the root's is 0.
  virtual EditState below(EditState directory, std::string_view name) const = 0;

  /// About the directory itself.
  virtual PathChoice choose(EditState directory) const = 0;

  /// About an entry of it.
  virtual PathChoice choose(EditState directory, std::string_view name) const = 0;
};

/// Says what it does, in every snapshot and at every path, also of trees that they share.
class TellingEditor : public TreeEditor {
 public:
  void enter(const std::string& directory) final { log_.enter(directory); }
  void leave(const Id& tree, EditState state) final { log_.leave(tree, state); }
  void meet_again(const Id& tree, EditState state, const std::string& directory) final {
    log_.repeat(tree, state, directory);
  }
  void finish() final { log_.finish(); }

 protected:
  explicit TellingEditor(TreeEdited listener) : log_(std::move(listener)) {}

  TreeLog& log() noexcept { return log_; }

 private:
  TreeLog log_;
};

/// Leaves out what patterns decide about.
class ChoosingEditor : public TellingEditor {
 public:
  EditState below(EditState directory, std::string_view name) final {
    return rule_.below(directory, name);
  }

 protected:
  /// `rule` must outlive the editor.
  ChoosingEditor(const PathRule& rule, TreeEdited excluded)
      : TellingEditor(std::move(excluded)), rule_(rule) {}

  const PathRule& rule() const noexcept { return rule_; }

 private:
  const PathRule& rule_;
};

/// Leaves out what matches.
class ExcludingEditor final : public ChoosingEditor {
 public:
  ExcludingEditor(const PathRule& rule, TreeEdited excluded)
      : ChoosingEditor(rule, std::move(excluded)) {}

  void edit(EditState state, EditedNode& node) override;
};

/// Leaves out all but what matches, and the directories that lead there.
class IncludingEditor final : public ChoosingEditor {
 public:
  IncludingEditor(const PathRule& rule, TreeEdited excluded)
      : ChoosingEditor(rule, std::move(excluded)) {}

  void edit(EditState state, EditedNode& node) override;
  bool keeps_empty(EditState directory) override { return rule().choose(directory).item; }
};

/// Makes trees that can be read again of damaged ones: without the directories and contents that
/// are lost, without nodes that cannot be read, with sizes that fit the contents. Only what is
/// damaged or gone is lost: a tree that cannot be loaded for another reason ends the work.
class RepairingEditor final : public TellingEditor {
 public:
  /// `index` says which contents are there; it must outlive the editor.
  RepairingEditor(const Index& index, TreeEdited repaired)
      : TellingEditor(std::move(repaired)), index_(index) {}

  void edit(EditState state, EditedNode& node) override;
  void put_in_order(std::vector<PlacedName>& names) override;
  std::optional<std::string> mend(const std::string& directory, std::string_view node_json,
                                  const Error& error) override;
  bool empty_unreadable_tree(const std::string& directory, const Error& error) override;
  bool may_normalize() const noexcept override { return true; }

 private:
  void repair_content(EditedNode& file);

  const Index& index_;
};

}  // namespace snapfs
