// Everything in a snapshot in the order of its paths, with the directories that come next on their
// way. Where the order does not matter, walk_trees reads each distinct tree only once.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "fs/base/error.h"
#include "fs/base/id.h"
#include "fs/base/path.h"
#include "fs/base/path_buffer.h"
#include "fs/base/stop_token.h"
#include "fs/fetch/preorder.h"
#include "fs/tree/node.h"

namespace snapfs {

class Repository;

/// What a walk tells, all in the thread that calls it.
class WalkVisitor {
 public:
  virtual ~WalkVisitor() = default;

  /// `path` is absolute, counted from the tree that the walk began with. A directory comes before
  /// what is in it. The node is the visitor's.
  virtual void node(const std::string& path, Node& node) = 0;

  /// A directory that was entered is done.
  virtual void leave(const std::string& path) { static_cast<void>(path); }

  /// A directory cannot be read; it counts as empty when this returns. `path` is "/" for the tree
  /// that the walk began with.
  virtual void unreadable(const std::string& path, const Id& tree, const Error& error) {
    static_cast<void>(path);
    static_cast<void>(tree);
    throw error;
  }
};

/// Where a walk is going. Valid during the call.
class WalkPlace {
 public:
  WalkPlace(const PathChain& above, const std::string& name) : above_(above), name_(name) {}

  /// Put together at each call, in time that grows with the depth: ask only when it is needed.
  std::string path() const { return join_path(above_.text(), name_); }

 private:
  const PathChain& above_;
  const std::string& name_;
};

/// Whether a walk is to enter a directory. Called from several threads.
using WalkInto = std::function<bool(const WalkPlace& place, const Node& directory)>;

/// Walks below `root`. Throws what load_tree and the visitor throw, and Error{kCancelled}.
void walk_in_order(Fetcher& fetcher, const Id& root, const WalkInto& into, WalkVisitor& visitor,
                   const StopToken& stop, const std::optional<AheadLimits>& limits = {});

/// The same, by a fetcher of its own.
void walk_in_order(Repository& repository, const Id& root, const WalkInto& into,
                   WalkVisitor& visitor, const StopToken& stop,
                   const std::optional<AheadLimits>& limits = {});

}  // namespace snapfs
