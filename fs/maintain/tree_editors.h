// What rewrite and repair do to trees.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fs/maintain/tree_rewriter.h"

namespace snapfs {

class Index;

/// Removes the names that are not wanted from those in `directory`, a path from the snapshot's
/// root.
using RejectNames =
    std::function<void(const std::string& directory, std::vector<std::string>& names)>;

/// Hears of a path, and what happens to it.
using TreeEdited = std::function<void(const std::string& path, std::string_view what)>;

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
/// are lost, without nodes that cannot be read, with sizes that fit the contents.
class RepairingEditor final : public TreeEditor {
 public:
  /// `index` says which contents are there; it must outlive the editor.
  RepairingEditor(const Index& index, TreeEdited repaired)
      : index_(index), repaired_(std::move(repaired)) {}

  bool edit(const std::string& directory, std::vector<EditedNode>& nodes) override;
  std::optional<std::string> mend(const std::string& directory, std::string_view node_json,
                                  const Error& error) override;
  bool empty_unreadable_tree(const std::string& directory, const Error& error) override;
  bool looks_at_paths() const noexcept override { return false; }
  bool may_normalize() const noexcept override { return true; }

 private:
  void repair_content(const std::string& path, EditedNode& file);
  bool sort_names(const std::string& directory, std::vector<EditedNode>& nodes);

  const Index& index_;
  TreeEdited repaired_;
};

}  // namespace snapfs
