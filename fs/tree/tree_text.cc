// Splitting costs one pass of simdjson's on-demand parser; no node is decoded.
#include "fs/tree/tree_text.h"

#include <simdjson.h>

#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/repo/repository.h"
#include "fs/tree/tree_builder.h"
#include "fs/tree/tree_frame.h"
#include "fs/tree/tree_name.h"
#include "fs/tree/tree_reader.h"

namespace snapfs {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view kNamed = "{\"name\":\"";

bool is_letter(char c, char lower) noexcept { return (c | 0x20) == lower; }

/// Whether a node's text may have another member called "name" behind the first one, which would be
/// the one that counts. Says so too often rather than too rarely.
bool may_be_named_again(std::string_view rest) {
  if (rest.find('\\') != std::string_view::npos) return true;  // letters may hide in escapes
  for (std::size_t at = rest.find('"'); at != std::string_view::npos; at = rest.find('"', at + 1)) {
    const bool ends_so = at >= 3 && is_letter(rest[at - 1], 'e') && is_letter(rest[at - 2], 'm') &&
                         is_letter(rest[at - 3], 'a');
    if (ends_so) return true;
  }
  return false;
}

}  // namespace

TreeText::TreeText(Bytes blob, std::string_view what, const StopToken& stop)
    : tree_(std::move(blob)) {
  ondemand::parser parser;
  read_as_go_does(tree_, what, [&] {
    // A blob is no longer, but what was no text in it has become so.
    if (!std::in_range<std::uint32_t>(tree_.text().size())) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{} is more text than this program reads", what));
    }
    nodes_.clear();
    read_frame(parser, tree_, what, [this, &stop](ondemand::object& node) {
      throw_if_stopped(stop);
      const std::string_view json = node.raw_json();
      const auto begin = static_cast<std::size_t>(json.data() - tree_.text().data());
      const std::size_t size = json.rfind('}') + 1;  // without the space behind it
      nodes_.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(size)});
    });
  });
}

void TreeText::forget_before(std::size_t index) noexcept {
  tree_.forget_before(index == nodes_.size() ? tree_.text().size() : nodes_[index].begin);
}

bool TreeText::is_canonical() const noexcept {
  std::string_view rest = tree_.text();
  if (tree_.repaired() || !rest.starts_with(TreeBuilder::kOpening)) return false;
  rest.remove_prefix(TreeBuilder::kOpening.size());
  for (const Place& node : nodes_) {
    if (&node != &nodes_.front()) {
      if (!rest.starts_with(',')) return false;
      rest.remove_prefix(1);
    }
    if (tree_.text().size() - rest.size() != node.begin) return false;
    rest.remove_prefix(node.size);
  }
  return rest == TreeBuilder::kClosing;
}

std::optional<std::string> node_name(std::string_view node_json) {
  if (node_json.starts_with(kNamed)) {
    const std::string_view rest = node_json.substr(kNamed.size());
    const std::size_t end = rest.find_first_of("\"\\");
    const bool plain = end != std::string_view::npos && rest[end] == '"';
    if (plain && !may_be_named_again(rest.substr(end + 1))) return std::string(rest.substr(0, end));
  }
  try {
    return parse_node(node_json).name;
  } catch (const Error& error) {
    if (!error.means_loss()) throw;
    return std::nullopt;
  }
}

bool is_plainly_named(std::string_view node_json, std::string_view name) noexcept {
  if (!node_json.starts_with(kNamed)) return false;
  const std::string_view rest = node_json.substr(kNamed.size());
  return rest.size() > name.size() && rest[name.size()] == '"' && rest.starts_with(name) &&
         name.find_first_of("\"\\") == std::string_view::npos;
}

TreeText read_tree_text(Bytes&& blob, const Id& tree, const StopToken& stop) {
  return TreeText(std::move(blob), tree_name(tree), stop);
}

TreeText load_tree_text(Repository& repository, const Id& tree, StopToken stop) {
  return read_tree_text(repository.load_blob({BlobType::kTree, tree}, stop), tree, stop);
}

}  // namespace snapfs
