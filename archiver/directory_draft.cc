#include "archiver/directory_draft.h"

#include <cstdint>

namespace snapfs {

bool DirectoryDraft::continues_parent(std::string_view json) const noexcept {
  if (differs_ || !parent_.only_tree()) return false;
  const TreeText& text = parent_.only_text();
  return taken_over_ < text.size() && text.node(taken_over_).data() == json.data();
}

void DirectoryDraft::add(std::string_view json) {
  if (continues_parent(json)) {
    ++taken_over_;
    return;
  }
  copy_taken_over();
  append(json);
}

void DirectoryDraft::add(FutureNode node) {
  copy_taken_over();
  content_.nodes.push_back(std::move(node));
}

void DirectoryDraft::copy_taken_over() {
  if (differs_) return;
  differs_ = true;
  for (std::size_t i = 0; i < taken_over_; ++i) append(parent_.only_text().node(i));
}

void DirectoryDraft::append(std::string_view json) {
  const std::uint64_t offset = content_.arena.size();
  content_.arena += json;
  content_.nodes.push_back(FutureNode::reused({offset, static_cast<std::uint32_t>(json.size())}));
}

std::optional<Id> DirectoryDraft::unchanged_tree() const {
  if (differs_ || !parent_.only_tree()) return std::nullopt;
  const TreeText& text = parent_.only_text();
  if (taken_over_ != text.size() || !text.is_canonical()) return std::nullopt;
  return parent_.only_tree();
}

DirectoryContent DirectoryDraft::finish() {
  copy_taken_over();
  parent_ = {};
  return std::exchange(content_, {});
}

const std::shared_ptr<SharedDirectory>& DirectoryDraft::share() {
  if (shared_) return shared_;
  shared_ = std::make_shared<SharedDirectory>();
  if (above_ != nullptr) {
    shared_->above = above_->share();
    ++shared_->above->walking;
  }
  return shared_;
}

}  // namespace snapfs
