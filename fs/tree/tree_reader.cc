// From JSON to nodes. The reader is lenient where the format is (FORMAT §9, §10.8) and strict where
// a mistake could escape the mount point or confuse a merge by names.
#include "fs/tree/tree_reader.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/format/huge_blob.h"
#include "fs/format/json_input.h"
#include "fs/format/json_member.h"
#include "fs/repo/repository.h"
#include "fs/tree/node_json.h"
#include "fs/tree/tree_frame.h"
#include "fs/tree/tree_name.h"
#include "fs/tree/tree_text.h"

namespace snapfs {
namespace {

/// The content of a sparse file of some TiB is a hundred MiB of one ID. Taken from the text it
/// needs a third of the memory that the parser would take; no other node is as large as that.
constexpr std::size_t kLargeNode = 1 << 20;
constexpr std::size_t kLargestParsedNode = 32 << 20;

/// One node while its fields come in, in any order.
class NodeReader {
 public:
  /// Both must outlive it.
  explicit NodeReader(const JsonInput& input, const StopToken& stop) : input_(input), stop_(stop) {}

  /// The node, complete and consistent but for its place in the tree.
  Node read(const JsonInput::Element& element) {
    for (const auto field : input_.object(element, "node")) {
      take(MemberName(field.key), field.value);
    }
    check_name();
    if (!type_) fail("it has no type");
    node_.type = type_of_name(*type_);
    if (raw_target_) node_.link_target = *std::move(raw_target_);
    finish_content();
    return std::move(node_);
  }

 private:
  using Element = JsonInput::Element;

  void take(std::string_view key, const Element& value) {
    // Go leaves a field as it was when its value is null, but makes a list empty.
    if (value.is_null()) {
      if (key == "content") has_content_ = false;
      if (key == "extended_attributes") node_.extended_attributes.clear();
      if (key == "subtree") node_.subtree.reset();
      return;
    }
    if (!take_text(key, value) && !take_number(key, value) && !take_time(key, value)) {
      take_list_or_id(key, value);
    }
  }

  bool take_text(std::string_view key, const Element& value) {
    if (key == "name") {
      const std::string_view quoted = input_.text(value, key);
      name_ = unquote_go(quoted);
      if (!name_) input_.fail(fmt::format("the name \"{}\" is not validly quoted", quoted));
    } else if (key == "type") {
      type_ = input_.text(value, key);
    } else if (key == "user") {
      node_.user = input_.text(value, key);
    } else if (key == "group") {
      node_.group = input_.text(value, key);
    } else if (key == "linktarget") {
      node_.link_target = input_.text(value, key);
    } else if (key == "linktarget_raw") {
      raw_target_ = std::string(as_text(input_.base64(value, key)));
    } else {
      return false;
    }
    return true;
  }

  bool take_number(std::string_view key, const Element& value) {
    static constexpr std::array<std::pair<std::string_view, std::uint64_t Node::*>, 5> kNumbers = {
        {{"inode", &Node::inode},
         {"device_id", &Node::device_id},
         {"size", &Node::size},
         {"links", &Node::links},
         {"device", &Node::device}}};
    for (const auto& [name, member] : kNumbers) {
      if (key != name) continue;
      node_.*member = input_.number(value, key);
      return true;
    }
    if (key == "mode") {
      node_.permissions = permissions_of_go_mode(input_.number32(value, key));
    } else if (key == "uid") {
      node_.uid = input_.number32(value, key);
    } else if (key == "gid") {
      node_.gid = input_.number32(value, key);
    } else {
      return false;
    }
    return true;
  }

  bool take_time(std::string_view key, const Element& value) {
    if (key == "mtime") {
      node_.mtime = input_.time(value, key).instant;
    } else if (key == "atime") {
      node_.atime = input_.time(value, key).instant;
    } else if (key == "ctime") {
      node_.ctime = input_.time(value, key).instant;
    } else {
      return false;
    }
    return true;
  }

  void take_list_or_id(std::string_view key, const Element& value) {
    if (key == "content") {
      node_.content.clear();
      for (const Element id : input_.array(value, key)) {
        if (node_.content.size() % kIdsBetweenStops == 0) throw_if_stopped(stop_);
        node_.content.push_back(input_.id(id, key));
      }
      has_content_ = true;
    } else if (key == "subtree") {
      node_.subtree = input_.id(value, key);
    } else if (key == "extended_attributes") {
      node_.extended_attributes.clear();
      for (const Element attribute : input_.array(value, key)) take_attribute(attribute);
    }
  }

  void take_attribute(const Element& value) {
    ExtendedAttribute attribute;
    for (const auto field : input_.object(value, "extended_attributes")) {
      if (field.value.is_null()) continue;
      const MemberName key(field.key);
      if (key == "name") attribute.name = input_.text(field.value, key);
      if (key == "value") attribute.value = input_.base64(field.value, key);
    }
    node_.extended_attributes.push_back(std::move(attribute));
  }

  void check_name() {
    if (!name_) input_.fail("a node has no name");
    node_.name = *std::move(name_);
    const std::string& name = node_.name;
    if (name == "." || name == "/") {
      // Not damage: restic reads it, and goes on with what it holds (FORMAT §11.4).
      input_.refuse(
          fmt::format("very old programs wrote a node \"{}\" for a directory's own entry, which "
                      "restic can read, and this program cannot",
                      name));
    }
    if (name.empty() || name == "..") fail("that is not a name");
    if (name.find('/') != std::string::npos) fail("a name cannot have a slash in it");
    if (name.find('\0') != std::string::npos) fail("a name cannot have a zero byte in it");
  }

  void finish_content() {
    if (node_.type == NodeType::kFile) {
      if (!has_content_) fail("it is a file without a list of contents");
    } else {
      node_.content.clear();
    }
    if (node_.type == NodeType::kDirectory) {
      if (!node_.subtree) fail("it is a directory without a subtree");
    } else {
      node_.subtree.reset();
    }
  }

  [[noreturn]] void fail(std::string_view reason) const {
    std::string quoted;
    append_go_quoted(quoted, node_.name);
    input_.fail(fmt::format("node \"{}\": {}", quoted, reason));
  }

  static constexpr std::size_t kIdsBetweenStops = 4096;

  const JsonInput& input_;
  const StopToken& stop_;
  Node node_;
  std::optional<std::string> name_;
  std::optional<std::string_view> type_;
  std::optional<std::string> raw_target_;
  bool has_content_ = false;
};

JsonInput::Element find_nodes(const JsonInput& input, std::string_view what) {
  NodeList list(what);
  JsonInput::Element nodes;
  for (const auto field : input.object(input.root(), "tree")) {
    if (list.take(field.key)) nodes = field.value;
  }
  list.require();
  return nodes;
}

class NameOrder {
 public:
  void check(const std::string& name, std::string_view what) {
    if (name <= previous_) {
      throw_damaged(what, "its names are not in order, or one is there twice");
    }
    previous_ = name;
  }

 private:
  std::string previous_;  // no name is empty, so every first name comes after it
};

/// `begin` is told of each place before its node is read.
template <class Begin>
void parse_nodes(const TreeText& text, const std::function<void(Node&&)>& visit,
                 std::string_view what, const StopToken& stop, const Begin& begin) {
  NameOrder order;
  for (std::size_t i = 0; i < text.size(); ++i) {
    throw_if_stopped(stop);
    begin(i);
    Node node = parse_node(text.node(i), what, stop);
    order.check(node.name, what);
    visit(std::move(node));
  }
}

}  // namespace

void parse_tree(ByteView blob, const std::function<void(Node&&)>& visit, std::string_view what,
                const StopToken& stop) {
  const JsonInput input(blob, what);
  const JsonInput::Element nodes = find_nodes(input, what);
  if (nodes.is_null()) return;
  NameOrder order;
  for (const JsonInput::Element element : input.array(nodes, "nodes")) {
    throw_if_stopped(stop);
    Node node = NodeReader(input, stop).read(element);
    order.check(node.name, what);
    visit(std::move(node));
  }
}

void parse_tree(Bytes&& blob, const std::function<void(Node&&)>& visit, std::string_view what,
                const StopToken& stop) {
  if (blob.size() <= kHugeBlob) return parse_tree(ByteView(blob), visit, what, stop);
  parse_tree(TreeText(std::move(blob), what, stop), visit, what, stop);
}

void parse_tree(TreeText&& text, const std::function<void(Node&&)>& visit, std::string_view what,
                const StopToken& stop) {
  parse_nodes(text, visit, what, stop, [&text](std::size_t place) { text.forget_before(place); });
}

void parse_tree(const TreeText& text, const std::function<void(Node&&)>& visit,
                std::string_view what, const StopToken& stop) {
  parse_nodes(text, visit, what, stop, [](std::size_t) {});
}

Node parse_node(std::string_view json, std::string_view what, const StopToken& stop) {
  std::optional<std::vector<Id>> content;
  std::string brief;
  if (json.size() >= kLargeNode) content = content_at_end(json);
  if (content) {
    brief = without_content_at_end(json).value();
    json = brief;
  } else if (json.size() > kLargestParsedNode) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{}: one of its nodes is {} MiB of text, more than this program reads",
                            what, json.size() >> 20));
  }
  const JsonInput input(as_bytes(json), what);
  Node node = NodeReader(input, stop).read(input.root());
  if (content && node.type == NodeType::kFile) node.content = *std::move(content);
  return node;
}

void visit_tree(Repository& repository, const Id& tree, const std::function<void(Node&&)>& visit,
                const StopToken& stop) {
  parse_tree(repository.load_blob({BlobType::kTree, tree}, stop), visit, tree_name(tree), stop);
}

std::vector<Node> load_tree(Repository& repository, const Id& tree, StopToken stop) {
  std::vector<Node> nodes;
  visit_tree(
      repository, tree, [&](Node&& node) { nodes.push_back(std::move(node)); }, stop);
  return nodes;
}

std::optional<Node> find_in_tree(Repository& repository, const Id& tree, std::string_view name,
                                 const StopToken& stop) {
  std::optional<Node> found;
  const auto look = [&](Node&& node) {
    if (node.name == name) found = std::move(node);
  };
  visit_tree(repository, tree, look, stop);
  return found;
}

}  // namespace snapfs
