// A storage and what stands before it, one owner for all of them.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "fs/backend/backend.h"

namespace snapfs {

/// Moved, not copied.
class BackendStack {
 public:
  explicit BackendStack(std::unique_ptr<Backend> storage) { layers_.push_back(std::move(storage)); }
  ~BackendStack() {
    while (!layers_.empty()) layers_.pop_back();  // nothing outlives what it stands before
  }
  BackendStack(BackendStack&&) noexcept = default;
  BackendStack& operator=(BackendStack&&) = delete;

  /// A Layer is made of what is on top so far, and the arguments, and is on top then.
  template <class Layer, class... Arguments>
  void put_before(Arguments&&... arguments) {
    layers_.push_back(std::make_unique<Layer>(top(), std::forward<Arguments>(arguments)...));
  }

  Backend& top() const noexcept { return *layers_.back(); }

 private:
  std::vector<std::unique_ptr<Backend>> layers_;  ///< the storage first
};

}  // namespace snapfs
