#include "fs/maintain/tree_log.h"

#include "fs/base/path.h"

namespace snapfs {
namespace {

std::string path_of(const std::string& directory, const std::string& name) {
  return name.empty() ? directory : join_path(directory, name);
}

}  // namespace

void TreeLog::enter(const std::string& directory) {
  if (directory == "/") open_.clear();
  open_.push_back({directory, {}});
}

void TreeLog::tell(const std::string& name, std::string_view what) {
  Open& top = open_.back();
  top.record.said.emplace_back(name, what);
  listener_(path_of(top.directory, name), what);
}

void TreeLog::leave(const Id& tree) {
  Open done = std::move(open_.back());
  open_.pop_back();
  if (done.record.empty()) return;
  records_[tree] = std::move(done.record);
  refer(done.directory, tree);
}

void TreeLog::repeat(const Id& tree, const std::string& directory) {
  const auto found = records_.find(tree);
  if (found == records_.end()) return;
  tell_all(found->second, directory);
  refer(directory, tree);
}

void TreeLog::tell_all(const Record& record, const std::string& directory) const {
  for (const auto& [name, what] : record.said) listener_(path_of(directory, name), what);
  for (const auto& [name, tree] : record.below) {
    tell_all(records_.at(tree), path_of(directory, name));
  }
}

/// The directory that is open is the one above.
void TreeLog::refer(const std::string& directory, const Id& tree) {
  if (open_.empty()) return;
  open_.back().record.below.emplace_back(directory.substr(directory.rfind('/') + 1), tree);
}

}  // namespace snapfs
