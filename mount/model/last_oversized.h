// The one value that a cache may keep although it alone is larger than the budget: the last one.
// Without it, whoever goes through something large in small steps would have it made at each.
#pragma once

#include <memory>
#include <utility>

#include "fs/base/synchronized.h"

namespace snapfs {

/// Thread-safe. Beside a SharedCache of the same values.
template <class Key, class Value>
class LastOversized {
 public:
  using Pointer = std::shared_ptr<const Value>;

  /// Null when it is not the one that is kept.
  Pointer find(const Key& key) const {
    const auto kept = kept_.lock();
    return kept->value && kept->key == key ? kept->value : nullptr;
  }

  /// Keeps the value instead of the one before when it is too large for a cache of that budget.
  void offer(const Key& key, const Pointer& value, std::size_t budget_bytes) {
    if (memory_bytes(*value) <= budget_bytes) return;
    Kept next{key, value};
    std::swap(*kept_.lock(), next);
    // The one before it is freed here, outside the lock.
  }

 private:
  struct Kept {
    Key key{};
    Pointer value;
  };

  mutable Synchronized<Kept> kept_;
};

}  // namespace snapfs
