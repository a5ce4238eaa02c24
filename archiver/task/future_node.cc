#include "archiver/task/future_node.h"

#include <memory>

namespace snapfs {

std::pair<FutureNode, NodePromise> FutureNode::make() {
  auto [future, promise] = make_future<SavedNode>();
  return {FutureNode(std::move(future)), std::move(promise)};
}

FutureNode::FutureNode(FutureNode&& other) noexcept : offset_(0), kind_(Kind::kTaken) {
  adopt(other);
}

FutureNode& FutureNode::operator=(FutureNode&& other) noexcept {
  if (this != &other) {
    reset();
    adopt(other);
  }
  return *this;
}

std::optional<NodeResult> FutureNode::take() {
  switch (kind_) {
    case Kind::kTaken:
      return std::nullopt;
    case Kind::kReused:
      kind_ = Kind::kTaken;
      return NodeSlice{offset_, length_};
    case Kind::kPending:
      break;
  }
  std::optional<SavedNode> saved = pending_.take();
  reset();
  if (!saved) return std::nullopt;
  return std::move(*saved);
}

// Takes over the other's contents; this one must hold none.
void FutureNode::adopt(FutureNode& other) noexcept {
  if (other.kind_ == Kind::kPending) {
    std::construct_at(&pending_, std::move(other.pending_));
  } else {
    offset_ = other.offset_;
  }
  length_ = other.length_;
  kind_ = other.kind_;
  other.reset();
}

void FutureNode::reset() noexcept {
  if (kind_ == Kind::kPending) std::destroy_at(&pending_);
  offset_ = 0;
  kind_ = Kind::kTaken;
}

}  // namespace snapfs
