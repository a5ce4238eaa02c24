// The forms in which ls shows a snapshot: lines, objects, and the file that ncdu reads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/output/text_output.h"
#include "fs/tree/node.h"
#include "fs/tree/snapshot.h"

namespace snapfs {

/// What is in a snapshot, told in the order of a walk.
class LsOutput {
 public:
  virtual ~LsOutput() = default;

  /// Comes first. `directories` are those that the user named.
  virtual void begin(const Snapshot& snapshot, const std::vector<std::string>& directories) = 0;

  virtual void node(const std::string& path, const Node& node) = 0;

  /// A directory that is not asked for, but leads to one that is.
  virtual void passed(const std::string& path, const Node& node) {
    static_cast<void>(path);
    static_cast<void>(node);
  }

  /// Nothing more of this directory, which came as a node or was passed.
  virtual void leave() {}

  virtual void finish() {}
};

struct LineStyle {
  bool title = true;
  bool long_format = false;
  bool human_sizes = false;
};

/// A line for each node. `output` must outlive it; so for the others.
std::unique_ptr<LsOutput> make_line_output(TextOutput& output, const LineStyle& style);

/// A JSON object for each node.
std::unique_ptr<LsOutput> make_json_output(TextOutput& output);

/// The export format of ncdu(1), version 1.2.
std::unique_ptr<LsOutput> make_ncdu_output(TextOutput& output);

enum class LsOrder { kName, kSize, kModified, kAccessed, kChanged, kExtension };

/// Collects everything and tells it to `output` in another order when the walk is over. The order
/// of names is that of the walk; among equals paths decide.
std::unique_ptr<LsOutput> make_sorted_output(std::unique_ptr<LsOutput> output, LsOrder order,
                                             bool reverse);

}  // namespace snapfs
