#include "fs/tree/tree_references.h"

#include <simdjson.h>

#include <optional>
#include <string>
#include <utility>

#include "fs/format/json_member.h"
#include "fs/tree/node_json.h"
#include "fs/tree/tree_frame.h"

namespace snapfs {
namespace {

namespace ondemand = simdjson::ondemand;

/// Whether a key may be one that we look for, by the byte that it begins with: so do only a few
/// others. An escape begins with a backslash, and a long s folds into an s.
bool may_matter(unsigned char first) noexcept {
  switch (first) {
    case 'c':
    case 'C':
    case 's':
    case 'S':
    case 't':
    case 'T':
    case '\\':
    case 0xc5:
      return true;
    default:
      return false;
  }
}

/// One node while its members come in, in any order; of several with one name the last one counts.
class NodeReferences {
 public:
  /// Both must outlive it.
  NodeReferences(std::string_view what, const StopToken& stop) : what_(what), stop_(stop) {}

  void read(ondemand::object& node, TreeReferences& found) {
    throw_if_stopped(stop_);
    content_.clear();
    subtree_.reset();
    type_.clear();
    for (auto field : node) {
      if (!may_matter(static_cast<unsigned char>(field.key().raw()[0]))) continue;
      const MemberName key(std::string_view(field.unescaped_key()));
      if (key == "content") {
        take_content(field.value(), found);
      } else if (key == "subtree") {
        take_subtree(field.value(), found);
      } else if (key == "type") {
        ondemand::value type = field.value();
        if (!type.is_null()) type_ = std::string_view(type);
      }
    }
    const NodeType type = type_of_name(type_);
    if (type != NodeType::kFile) drop_content(found);
    if (type != NodeType::kDirectory) drop_subtree(found);
    if (found.contents.empty()) {
      found.contents.swap(content_);
    } else {
      found.contents.insert(found.contents.end(), content_.begin(), content_.end());
    }
    if (subtree_) found.subtrees.push_back(*subtree_);
  }

 private:
  void take_content(ondemand::value value, TreeReferences& found) {
    drop_content(found);
    if (value.is_null()) return;
    for (ondemand::value id : value.get_array()) {
      if (content_.size() % kIdsBetweenStops == 0) throw_if_stopped(stop_);
      content_.push_back(read_id(id));
    }
  }

  void take_subtree(ondemand::value value, TreeReferences& found) {
    drop_subtree(found);
    if (!value.is_null()) subtree_ = read_id(value);
  }

  void drop_content(TreeReferences& found) {
    for (const Id& id : content_) found.others.push_back({BlobType::kData, id});
    content_.clear();
  }

  void drop_subtree(TreeReferences& found) {
    if (subtree_) found.others.push_back({BlobType::kTree, *subtree_});
    subtree_.reset();
  }

  Id read_id(ondemand::value value) const {
    // As it stands in the text: what the parser unescapes it keeps, of millions too.
    constexpr std::size_t kDigits = 2 * Id::kSize;
    const std::string_view token = value.raw_json_token();
    if (token.size() >= kDigits + 2 && token[0] == '"' && token[kDigits + 1] == '"') {
      if (const std::optional<Id> plain = Id::parse(token.substr(1, kDigits))) return *plain;
    }
    const std::optional<Id> id = Id::parse(std::string_view(value));
    if (id) return *id;
    throw_damaged(what_, "an ID is not 64 hexadecimal digits");
  }

  static constexpr std::size_t kIdsBetweenStops = 4096;

  std::string_view what_;
  const StopToken& stop_;
  std::vector<Id> content_;
  std::optional<Id> subtree_;
  std::string type_;
};

/// One a thread: its buffers fit after the first large tree.
ondemand::parser& parser_of_thread() {
  thread_local ondemand::parser parser;
  return parser;
}

}  // namespace

TreeReferences read_references(Bytes blob, std::string_view what, const StopToken& stop) {
  PaddedTree tree(std::move(blob));
  NodeReferences node(what, stop);
  TreeReferences found;
  read_as_go_does(tree, what, [&] {
    found = {};
    read_frame(parser_of_thread(), tree, what,
               [&](ondemand::object& object) { node.read(object, found); });
  });
  return found;
}

}  // namespace snapfs
