// Splitting costs one pass of simdjson's on-demand parser; nothing is decoded.
#include "fs/tree/tree_text.h"

#include <simdjson.h>

#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/repo/repository.h"
#include "fs/tree/json_input.h"
#include "fs/tree/tree_builder.h"
#include "fs/tree/tree_reader.h"

namespace snapfs {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view kNamed = "{\"name\":\"";

/// The views of the nodes. Throws simdjson_error.
std::vector<std::string_view> split(ondemand::parser& parser, std::string_view text,
                                    std::size_t capacity) {
  std::vector<std::string_view> nodes;
  ondemand::document document = parser.iterate(text.data(), text.size(), capacity);
  ondemand::value list = document["nodes"];
  if (list.is_null()) return nodes;
  for (ondemand::object node : list.get_array()) {
    const std::string_view json = node.raw_json();
    nodes.push_back(json.substr(0, json.rfind('}') + 1));  // without the space behind it
  }
  return nodes;
}

void pad(Bytes& text) {
  const std::size_t size = text.size();
  text.resize(size + simdjson::SIMDJSON_PADDING);
  std::fill(text.begin() + static_cast<std::ptrdiff_t>(size), text.end(), std::uint8_t{' '});
}

}  // namespace

TreeText::TreeText(Bytes blob, std::string_view what) : text_(std::move(blob)) {
  ondemand::parser parser;
  for (;; repaired_ = true) {
    size_ = text_.size();
    pad(text_);
    try {
      nodes_ = split(parser, as_text(text_).substr(0, size_), text_.size());
      return;
    } catch (const simdjson::simdjson_error& error) {
      if (repaired_ || error.error() != simdjson::UTF8_ERROR) {
        throw Error(ErrorCode::kDamaged, fmt::format("{} is damaged: {}", what, error.what()));
      }
    }
    text_ = copy_of(as_bytes(replace_invalid_text(as_text(text_).substr(0, size_))));
  }
}

bool TreeText::is_canonical() const noexcept {
  std::string_view rest = as_text(text_).substr(0, size_);
  if (repaired_ || !rest.starts_with(TreeBuilder::kOpening)) return false;
  rest.remove_prefix(TreeBuilder::kOpening.size());
  for (const std::string_view node : nodes_) {
    if (node.data() != nodes_.front().data()) {
      if (!rest.starts_with(',')) return false;
      rest.remove_prefix(1);
    }
    if (rest.data() != node.data()) return false;
    rest.remove_prefix(node.size());
  }
  return rest == TreeBuilder::kClosing;
}

std::optional<std::string> node_name(std::string_view node_json) {
  if (node_json.starts_with(kNamed)) {
    const std::string_view rest = node_json.substr(kNamed.size());
    const std::size_t end = rest.find_first_of("\"\\");
    if (end != std::string_view::npos && rest[end] == '"') return std::string(rest.substr(0, end));
  }
  try {
    return parse_node(node_json).name;
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool is_plainly_named(std::string_view node_json, std::string_view name) noexcept {
  if (!node_json.starts_with(kNamed)) return false;
  const std::string_view rest = node_json.substr(kNamed.size());
  return rest.size() > name.size() && rest[name.size()] == '"' && rest.starts_with(name) &&
         name.find_first_of("\"\\") == std::string_view::npos;
}

TreeText load_tree_text(Repository& repository, const Id& tree, StopToken stop) {
  return TreeText(repository.load_blob({BlobType::kTree, tree}, std::move(stop)),
                  fmt::format("tree {}", tree.hex()));
}

}  // namespace snapfs
