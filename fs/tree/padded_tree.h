// A tree blob as parsers want it. Private to fs/tree.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "fs/base/bytes.h"

namespace snapfs {

/// A tree's text with what the parser wants behind it. Movable; what points into it stays valid.
class PaddedTree {
 public:
  PaddedTree() = default;
  explicit PaddedTree(Bytes&& text) { take(std::move(text)); }

  std::string_view text() const noexcept { return as_text(padded_).substr(0, size_); }
  std::size_t capacity() const noexcept { return padded_.size(); }

  /// Whether it is not the blob's text any more.
  bool repaired() const noexcept { return repaired_; }

  /// Makes text of it that is read as Go reads the blob: with U+FFFD for what is no text.
  void repair();

  /// Gives the memory of what lies before that offset back to the system, a large piece at a time.
  /// What was there is lost.
  void forget_before(std::size_t offset) noexcept;

 private:
  void take(Bytes&& text);

  Bytes padded_;
  std::size_t size_ = 0;
  std::size_t forgotten_ = 0;  ///< so many bytes at the beginning
  bool repaired_ = false;
};

}  // namespace snapfs
