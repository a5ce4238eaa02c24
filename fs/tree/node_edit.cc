#include "fs/tree/node_edit.h"

#include <simdjson.h>

#include <optional>
#include <utility>

#include "fs/base/bytes.h"
#include "fs/base/error.h"
#include "fs/format/json_error.h"
#include "fs/format/json_member.h"
#include "fs/tree/node_json.h"
#include "fs/tree/padded_tree.h"
#include "fs/tree/tree_frame.h"

namespace snapfs {
namespace {

namespace ondemand = simdjson::ondemand;

/// Where a member stands in its object's text.
struct Member {
  std::size_t key = 0;  ///< its opening quote
  std::size_t value = 0;
  std::size_t end = 0;
};

/// A name with half a surrogate pair in it, which Go reads as U+FFFD, is none that is looked for.
bool is_called(ondemand::field& field, std::string_view key) {
  std::string_view name;
  const simdjson::error_code error = field.unescaped_key().get(name);
  if (error == simdjson::STRING_ERROR) return false;
  if (error != simdjson::SUCCESS) throw simdjson::simdjson_error(error);
  return MemberName(name) == key;
}

/// The last member of that name, which is the one that counts.
std::optional<Member> find_member(std::string_view object, std::string_view key) {
  std::optional<Member> found;
  try {
    ondemand::parser parser;
    const PaddedTree padded(copy_of(as_bytes(object)));
    const char* const text = padded.text().data();
    ondemand::document document = open_document(parser, padded.text(), padded.capacity());
    for (ondemand::field field : document.get_object()) {
      const char* const name = field.key().raw();
      const bool wanted = is_called(field, key);
      const std::string_view value = simdjson::to_json_string(field.value());
      if (!wanted) continue;
      const auto at = static_cast<std::size_t>(value.data() - text);
      found = {static_cast<std::size_t>(name - text) - 1, at, at + value.size()};
    }
  } catch (const simdjson::simdjson_error& error) {
    throw_json_error(error.error(), "a node");
  }
  return found;
}

std::string replaced(std::string_view object, std::size_t from, std::size_t to,
                     std::string_view by) {
  std::string text(object.substr(0, from));
  text += by;
  text += object.substr(to);
  return text;
}

/// With the comma behind it, or the one before it when it is the last.
std::string without(std::string_view object, const Member& member) {
  const std::size_t next = object.find_first_not_of(" \t\r\n", member.end);
  if (next != std::string_view::npos && object[next] == ',') {
    return replaced(object, member.key, next + 1, "");
  }
  const std::size_t comma = object.find_last_not_of(" \t\r\n", member.key - 1);
  return replaced(object, object[comma] == ',' ? comma : member.key, member.end, "");
}

/// A size of zero is left out, as in every node (FORMAT §10.2).
std::string with_size(std::string_view node_json, std::uint64_t size) {
  const std::string number = std::to_string(size);
  if (const auto member = find_member(node_json, "size")) {
    if (size == 0) return with_size(without(node_json, *member), 0);  // it may be there twice
    return replaced(node_json, member->value, member->end, number);
  }
  const auto content = find_member(node_json, "content");
  if (!content || size == 0) return std::string(node_json);
  return replaced(node_json, content->key, content->key, "\"size\":" + number + ",");
}

}  // namespace

std::string with_subtree(std::string_view node_json, const Id& subtree) {
  const auto member = find_member(node_json, "subtree");
  if (!member) throw Error(ErrorCode::kDamaged, "a directory has no subtree");
  return replaced(node_json, member->value, member->end, '"' + subtree.hex() + '"');
}

BriefNode with_content(std::string_view node_json, std::vector<Id> content, std::uint64_t size) {
  const std::optional<std::string> brief = without_content_at_end(node_json);
  const std::string sized = with_size(brief ? *brief : node_json, size);
  const auto member = find_member(sized, "content");
  if (!member) throw Error(ErrorCode::kDamaged, "a file has no content");
  return BriefNode(replaced(sized, member->value, member->end, "[]"), member->value,
                   std::move(content));
}

}  // namespace snapfs
