// What the text of a tree says around its nodes: the one place that decides it for all code that
// reads trees with the on-demand parser. Private to fs/tree.
#pragma once

#include <simdjson.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

#include "fs/base/bytes.h"
#include "fs/format/huge_blob.h"
#include "fs/format/json_error.h"
#include "fs/format/json_input.h"
#include "fs/format/json_member.h"
#include "fs/tree/padded_tree.h"
#include "fs/tree/plain_frame.h"

namespace snapfs {

/// The list of nodes, and that there is one and only one. Other readers of a tree with two lists
/// would take the first, the last, or a mixture of both.
class NodeList {
 public:
  explicit NodeList(std::string_view what) : what_(what) {}

  /// Whether the member of a tree with this name is the list of nodes. Throws Error{kDamaged} for a
  /// second one.
  bool take(std::string_view member);

  /// Throws Error{kDamaged} when there was none.
  void require() const;

 private:
  std::string_view what_;
  bool found_ = false;
};

/// How many nodes a tree may have: 2^20, or one for each 64 bytes of its text, whichever is more.
/// restic and snapfs write more than a hundred bytes of each node (its mode, three times, its
/// owner), rustic at least about 75. Millions of shorter ones are there to take memory: in it a
/// short node is as large as a long one.
class NodeLimit {
 public:
  NodeLimit(std::size_t text_bytes, std::string_view what)
      : most_(std::max(kUnsuspectedNodes, text_bytes / kLeastNodeBytes)), what_(what) {}

  /// One more. Throws Error{kUnsupported} naming `what` when it is one too many.
  void count() {
    if (++nodes_ > most_) fail();
  }

 private:
  static constexpr std::size_t kUnsuspectedNodes = std::size_t{1} << 20;
  static constexpr std::size_t kLeastNodeBytes = 64;

  [[noreturn]] void fail() const;

  std::size_t most_;
  std::size_t nodes_ = 0;
  std::string_view what_;
};

/// The text, opened by the parser. Throws simdjson_error, also for want of the memory that the
/// parser unescapes text into: it asks for that and does not look whether it got any (simdjson 3).
/// `capacity` is how much can be read from its beginning on, what is behind it included.
inline simdjson::ondemand::document open_document(simdjson::ondemand::parser& parser,
                                                  std::string_view text, std::size_t capacity) {
  struct Opened : simdjson::ondemand::document {
    static bool can_unescape(simdjson::ondemand::document& document) noexcept {
      return (document.*&Opened::iter).string_buf_loc() != nullptr;
    }
  };
  if (has_byte_order_mark(text)) throw simdjson::simdjson_error(simdjson::TAPE_ERROR);
  simdjson::ondemand::document document = parser.iterate(text.data(), text.size(), capacity);
  if (!Opened::can_unescape(document)) throw simdjson::simdjson_error(simdjson::MEMALLOC);
  return document;
}

/// Throws Error{kDamaged} naming `what` when something is behind the document.
inline void throw_unless_at_end(simdjson::ondemand::document& document, std::string_view what) {
  const char* behind = nullptr;
  if (document.current_location().get(behind) != simdjson::OUT_OF_BOUNDS) {
    throw_json_error(simdjson::TRAILING_CONTENT, what);
  }
}

/// The same as read_frame for a tree in a plain frame. `visit` reads each node to its end.
template <class Visit>
void read_plain_frame(simdjson::ondemand::parser& parser, const PaddedTree& tree,
                      std::string_view what, const Visit& visit) {
  const std::string_view text = tree.text();
  PlainFrame frame(text);
  while (const std::optional<std::string_view> json = frame.next()) {
    const std::size_t room = tree.capacity() - static_cast<std::size_t>(json->data() - text.data());
    simdjson::ondemand::document document = open_document(parser, *json, room);
    simdjson::ondemand::object node = document.get_object();
    visit(node);
    throw_unless_at_end(document, what);
  }
}

/// Calls `visit` with the object of each node, in the blob's order, and reads the text to its end.
/// Throws simdjson_error, Error{kDamaged} naming `what`, what NodeLimit throws, and what `visit`
/// throws.
template <class Visit>
void read_frame(simdjson::ondemand::parser& parser, const PaddedTree& tree, std::string_view what,
                const Visit& visit) {
  NodeLimit limit(tree.text().size(), what);
  const auto visit_one = [&](simdjson::ondemand::object& node) {
    limit.count();
    visit(node);
  };
  if (tree.text().size() > kHugeBlob && PlainFrame::fits(tree.text())) {
    return read_plain_frame(parser, tree, what, visit_one);
  }
  simdjson::ondemand::document document = open_document(parser, tree.text(), tree.capacity());
  NodeList list(what);
  for (auto field : document.get_object()) {
    const bool is_list = list.take(std::string_view(field.unescaped_key()));
    simdjson::ondemand::value value = field.value();
    if (!is_list) {
      // The parser passes over what nobody asks for, and would not see what is wrong with it.
      const std::string_view passed_over = simdjson::to_json_string(value);
      (void)JsonInput(as_bytes(passed_over), what);
    } else if (!value.is_null()) {
      for (simdjson::ondemand::object node : value.get_array()) visit_one(node);
    }
  }
  list.require();
  throw_unless_at_end(document, what);
}

/// Calls `read` with a parser; once more with the text repaired, if that may help. Throws what
/// throw_json_error does, and what `read` throws.
template <class Read>
void read_as_go_does(PaddedTree& tree, std::string_view what, const Read& read) {
  for (;;) {
    try {
      return read();
    } catch (const simdjson::simdjson_error& error) {
      const bool may_help =
          error.error() == simdjson::UTF8_ERROR || error.error() == simdjson::STRING_ERROR;
      if (!may_help || tree.repaired()) throw_json_error(error.error(), what);
    }
    tree.repair();
  }
}

}  // namespace snapfs
