#include "fs/tree/tree_references.h"

#include <simdjson.h>

#include <algorithm>
#include <new>
#include <string>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/tree/json_input.h"

namespace snapfs {
namespace {

namespace ondemand = simdjson::ondemand;

/// Go's decoder takes a key in upper case for the one in lower case (FORMAT §9).
bool is_key(std::string_view key, std::string_view lower) noexcept {
  return std::ranges::equal(
      key, lower, [](char c, char wanted) { return c == wanted || (c | 0x20) == wanted; });
}

class ReferenceReader {
 public:
  explicit ReferenceReader(std::string_view what) : what_(what) {}

  /// Throws simdjson_error, or Error.
  TreeReferences read(std::string_view text, std::size_t capacity) {
    found_ = {};
    bool has_nodes = false;
    ondemand::document document = parser().iterate(text.data(), text.size(), capacity);
    for (auto field : document.get_object()) {
      if (!is_key(std::string_view(field.unescaped_key()), "nodes")) continue;
      has_nodes = true;
      ondemand::value nodes = field.value();
      if (nodes.is_null()) continue;
      for (ondemand::object node : nodes.get_array()) read_node(node);
    }
    if (!has_nodes) fail("it has no list of nodes");
    return std::move(found_);
  }

 private:
  /// One a thread: its buffers fit after the first large tree.
  static ondemand::parser& parser() {
    thread_local ondemand::parser parser;
    return parser;
  }

  void read_node(ondemand::object node) {
    for (auto field : node) {
      // Only these begin with the letters c and s and matter; escapes begin with a backslash.
      const char first = static_cast<char>(field.key().raw()[0] | 0x20);
      if (first != 'c' && first != 's' && first != ('\\' | 0x20)) continue;
      const std::string_view key = field.unescaped_key();
      if (is_key(key, "content")) {
        ondemand::value value = field.value();
        if (value.is_null()) continue;
        for (ondemand::value id : value.get_array()) found_.contents.push_back(read_id(id));
      } else if (is_key(key, "subtree")) {
        ondemand::value value = field.value();
        if (!value.is_null()) found_.subtrees.push_back(read_id(value));
      }
    }
  }

  Id read_id(ondemand::value value) const {
    const std::optional<Id> id = Id::parse(std::string_view(value));
    if (!id) fail("an ID is not 64 hexadecimal digits");
    return *id;
  }

  [[noreturn]] void fail(std::string_view reason) const {
    throw Error(ErrorCode::kDamaged, fmt::format("{} is damaged: {}", what_, reason));
  }

  std::string_view what_;
  TreeReferences found_;
};

}  // namespace

TreeReferences read_references(Bytes blob, std::string_view what) {
  ReferenceReader reader(what);
  for (bool repaired = false;; repaired = true) {
    const std::size_t size = blob.size();
    blob.resize(size + simdjson::SIMDJSON_PADDING);
    try {
      return reader.read(as_text(blob).substr(0, size), blob.size());
    } catch (const simdjson::simdjson_error& error) {
      if (error.error() == simdjson::MEMALLOC) throw std::bad_alloc();
      if (repaired || error.error() != simdjson::UTF8_ERROR) {
        throw Error(ErrorCode::kDamaged, fmt::format("{} is damaged: {}", what, error.what()));
      }
    }
    // Go reads bytes that are no text as U+FFFD; an ID has none of them.
    blob = copy_of(as_bytes(replace_invalid_text(as_text(blob).substr(0, size))));
  }
}

}  // namespace snapfs
