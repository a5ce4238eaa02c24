// Tree blobs: all readers of them agree, and what is read and written again is the same.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fs/format/json_input.h"
#include "fs/tree/node_edit.h"
#include "fs/tree/node_json.h"
#include "fs/tree/tree_builder.h"
#include "fs/tree/tree_frame.h"
#include "fs/tree/tree_reader.h"
#include "fs/tree/tree_references.h"
#include "fs/tree/tree_text.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {
namespace {

std::vector<Node> nodes_of(ByteView blob) {
  std::vector<Node> nodes;
  parse_tree(blob, [&nodes](Node&& node) { nodes.push_back(std::move(node)); });
  return nodes;
}

std::string written(const std::vector<Node>& nodes) {
  TreeBuilder builder;
  for (const Node& node : nodes) {
    std::string json;
    append_node_json(json, node, TimeZone());
    builder.add(json);
  }
  return builder.finish();
}

void check_references(const std::vector<Node>& nodes, const TreeReferences& references) {
  std::vector<Id> contents;
  std::vector<Id> subtrees;
  for (const Node& node : nodes) {
    contents.insert(contents.end(), node.content.begin(), node.content.end());
    if (node.subtree) subtrees.push_back(*node.subtree);
  }
  require(references.contents == contents, "the references have the content of all files");
  require(references.subtrees == subtrees, "the references have the subtrees of all directories");
}

void check_edits(std::string_view json, const Node& node) {
  const Id id{{1, 2, 3}};
  if (node.type == NodeType::kDirectory) {
    Node wanted = node;
    wanted.subtree = id;
    require(parse_node(with_subtree(json, id)) == wanted, "only the subtree is another");
  }
  if (node.type == NodeType::kFile) {
    for (const std::uint64_t size : {0, 77}) {
      Node wanted = node;
      wanted.content = {id, id};
      wanted.size = size;
      std::string edited;
      const BriefNode brief = with_content(json, wanted.content, size);
      brief.append_to(edited);
      require(edited.size() == brief.size(), "a node's size is told before it is written");
      require(parse_node(edited) == wanted, "only content and size are others");
    }
  }
}

/// Of any text that is split at all.
void check_split(const TreeText& text, ByteView input) {
  TreeBuilder builder;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view json = text.node(i);
    builder.add(json);
    const std::optional<Node> node = accepted(kDocumentCodes, [&] { return parse_node(json); });
    if (node) require(node_name(json) == node->name, "the name is the node's");
    (void)content_at_end(json);
    if (node) check_edits(json, *node);
  }
  require(!text.is_canonical() || builder.finish() == as_text(input),
          "a canonical tree is made of its nodes");
}

/// As large trees are read. Where a node is no JSON, it may be parted from others elsewhere.
void check_plain_frame(ByteView input, const std::optional<TreeText>& text, bool is_read) {
  namespace ondemand = simdjson::ondemand;
  if (!PlainFrame::fits(as_text(input))) return;
  const auto nodes = accepted(kDocumentCodes, [&] {
    std::vector<std::string> read;
    ondemand::parser parser;
    PaddedTree tree(copy_of(input));
    read_as_go_does(tree, "tree", [&] {
      read.clear();
      read_plain_frame(parser, tree, "tree",
                       [&](ondemand::object& node) { read.emplace_back(node.raw_json().value()); });
    });
    return read;
  });
  const auto is_json = [](const std::string& json) {
    return accepted(kDocumentCodes, [&] { return JsonInput(as_bytes(json), "node").root(); })
        .has_value();
  };
  if (!nodes || !std::ranges::all_of(*nodes, is_json)) {
    require(!is_read, "a large tree is read when a small one is");
    return;
  }
  require(text && nodes->size() == text->size(), "a large tree has the nodes of a small one");
  for (std::size_t i = 0; i < nodes->size(); ++i) {
    require((*nodes)[i] == text->node(i), "a large tree has the same nodes as a small one");
  }
}

}  // namespace

void fuzz_one(ByteView input) {
  const auto text = accepted(kDocumentCodes, [&] { return TreeText(copy_of(input)); });
  if (text) check_split(*text, input);
  const auto references = accepted(kDocumentCodes, [&] { return read_references(copy_of(input)); });
  const auto nodes = accepted(kDocumentCodes, [&] { return nodes_of(input); });
  check_plain_frame(input, text, nodes.has_value());
  if (!nodes) return;
  require(text && text->size() == nodes->size(), "what is read as a tree can be split");
  require(references.has_value(), "what is read as a tree has references");
  for (std::size_t i = 0; i < nodes->size(); ++i) {
    require(parse_node(text->node(i)) == (*nodes)[i], "a node by itself is the same");
  }
  check_references(*nodes, *references);
  const std::string again = written(*nodes);
  const std::vector<Node> second = nodes_of(as_bytes(again));
  require(second == *nodes, "what is written is read as what was written");
  require(written(second) == again, "what is read is written as it was");
}

std::vector<std::string> fuzz_seeds() {
  Node file;
  file.name = "a \"name\"\xff\n";
  file.permissions = 04755;
  file.mtime = {1, 500'000'000};
  file.uid = 1000;
  file.user = "somebody";
  file.inode = 1 << 30;
  file.links = 2;
  file.size = 10;
  file.content = {Id{{1}}, Id{{2}}};
  file.extended_attributes = {{"user.x", {0, 255}}, {"user.empty", {}}};
  Node directory;
  directory.name = "b";
  directory.type = NodeType::kDirectory;
  directory.subtree = Id{{3}};
  Node link;
  link.name = "c";
  link.type = NodeType::kSymlink;
  link.link_target = "to \xc3\xa4 and \xff";
  Node device;
  device.name = "d";
  device.type = NodeType::kCharDevice;
  device.device = 259;
  const std::string id(64, 'a');
  return {written({file, directory, link, device}),
          written({directory}),
          written({}),
          R"({"nodes":null})",
          R"({"other":[{}],"Nodes":[{"TYPE":"file","name":"x","content":[],"content":null,)"
          R"("content":[")" +
              id + R"("],"size":1,"Size":null,"unknown":{"a":[1,2.5,true]}}]})",
          R"( { "nodes" : [ {"name":"\u00e4\\x41","type":"dir","subtree":")" + id +
              R"(","mtime":"2026-01-01T00:00:00.5+01:00","mode":2147484141} , )"
              R"({"name":"z","type":"fifo","linktarget":"\ud800","linktarget_raw":"AAEC"} ] } )"};
}

}  // namespace snapfs::test
