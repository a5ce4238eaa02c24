#include "fs/maintain/tree_log.h"

#include <algorithm>

#include <fmt/format.h>

#include "fs/base/saturating.h"

namespace snapfs {
namespace {

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

void TreeLog::enter(const std::string& directory) {
  if (directory == "/") {
    open_.clear();
    path_ = {};
    repeated_ = left_out_ = 0;
    open_.emplace_back();
  } else {
    open_.push_back({path_.enter(name_of(directory)), {}});
  }
}

void TreeLog::tell(const std::string& name, std::string_view what) {
  Record& record = open_.back().record;
  record.said.emplace_back(name, what);
  add_saturating(record.lines, 1);
  say(name, what);
}

void TreeLog::say(const std::string& name, std::string_view what) {
  if (!listener_) return;
  if (name.empty()) return listener_(path_.text(), what);
  const std::size_t above = path_.enter(name);
  listener_(path_.text(), what);
  path_.cut(above);
}

void TreeLog::leave(const Id& tree, EditState state) {
  Open done = std::move(open_.back());
  open_.pop_back();
  if (!done.record.empty()) {
    Record& record = records_[{tree, state}] = std::move(done.record);
    refer(name_of(path_.text()), record);
  }
  if (!open_.empty()) path_.cut(done.above);
}

void TreeLog::repeat(const Id& tree, EditState state, const std::string& directory) {
  const auto found = records_.find({tree, state});
  if (found == records_.end()) return;
  if (directory == "/") {
    path_ = {};
    repeated_ = left_out_ = 0;
    return say_all(found->second);
  }
  const std::size_t above = path_.enter(name_of(directory));
  say_all(found->second);
  path_.cut(above);
  refer(name_of(directory), found->second);
}

/// In a loop: nothing bounds how deep a snapshot is.
void TreeLog::say_all(const Record& root) {
  struct Level {
    const Record* record;
    std::size_t above = 0;
    std::size_t next = 0;
  };
  const std::uint64_t wanted = root.lines;
  const std::uint64_t before = repeated_;
  std::vector<Level> levels = {{&root}};
  const std::size_t own_path = path_.text().size();
  while (!levels.empty() && repeated_ < kMostRepeated) {
    Level& level = levels.back();
    if (level.next == 0) {
      for (const auto& [name, what] : level.record->said) {
        if (repeated_ == kMostRepeated) break;
        ++repeated_;
        say(name, what);
      }
    }
    if (level.next == level.record->below.size()) {
      if (levels.size() > 1) path_.cut(level.above);
      levels.pop_back();
      continue;
    }
    const auto& [name, record] = level.record->below[level.next++];
    levels.push_back({record, path_.enter(name)});
  }
  path_.cut(own_path);
  add_saturating(left_out_, wanted - (repeated_ - before));
}

/// The directory that is open is the one above.
void TreeLog::refer(std::string_view name, const Record& record) {
  if (open_.empty()) return;
  Record& above = open_.back().record;
  above.below.emplace_back(name, &record);
  add_saturating(above.lines, record.lines);
}

void TreeLog::finish() {
  if (left_out_ == 0 || !listener_) return;
  listener_("/", fmt::format("{} more paths, in directories that were named at others", left_out_));
  left_out_ = 0;
}

}  // namespace snapfs
