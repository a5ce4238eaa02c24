// Where the nodes of a large tree lie, found without the parser. Private to fs/tree.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace snapfs {

/// The nodes' objects of a tree that is framed as every program writes it, nothing but the list of
/// nodes around them, told apart by their braces. What they say is not looked at.
class PlainFrame {
 public:
  explicit PlainFrame(std::string_view text) noexcept : text_(text) {}

  /// The next object, which may be no JSON; nothing behind the last one, or where the frame is
  /// another one.
  std::optional<std::string_view> next() noexcept;

  /// Whether the text ends behind the last object that was found as such a tree does.
  bool is_at_end() const noexcept;

  /// Whether all of the text is framed so.
  static bool fits(std::string_view text) noexcept;

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace snapfs
