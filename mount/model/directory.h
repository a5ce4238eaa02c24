// A directory opened for listing: its entries by position, unchanging while it is open.
#pragma once

#include <cstddef>
#include <string_view>

#include "mount/model/attributes.h"
#include "mount/model/ino.h"

namespace snapfs {

/// What a name stands for.
struct Entry {
  Ino ino = 0;
  Attributes attributes;
  bool stable = false;   ///< will never change: may be cached for good
  bool passing = false;  ///< the name stands for something else at the next look
};

/// Thread-safe.
class OpenDirectory {
 public:
  virtual ~OpenDirectory() = default;

  /// Of itself and its parent: the first two positions, "." and "..".
  virtual InodeNumber self() const noexcept = 0;
  virtual InodeNumber parent() const noexcept = 0;

  /// How many entries there are besides these two.
  virtual std::size_t size() const noexcept = 0;

  /// `index` is below size(). The name lives as long as the directory.
  virtual std::string_view name(std::size_t index) const = 0;
  virtual Entry entry(std::size_t index) const = 0;

  /// Whether the listing will never change.
  virtual bool stable() const noexcept = 0;
};

}  // namespace snapfs
