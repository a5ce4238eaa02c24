#include "fs/maintain/tree_editors.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "fs/index/index.h"
#include "fs/tree/node_edit.h"
#include "fs/tree/tree_builder.h"
#include "fs/tree/tree_reader.h"
#include "fs/tree/tree_text.h"

namespace snapfs {
namespace {

std::optional<std::string> if_readable(const std::function<std::string()>& attempt) {
  try {
    std::string json = attempt();
    (void)parse_node(json);
    return json;
  } catch (const Error& error) {
    if (!error.means_loss()) throw;
    return std::nullopt;
  }
}

/// For what cannot be read, nor is known to be lost: nothing of it may be given up.
[[noreturn]] void refuse_to_repair(const std::string& directory, const Error& error) {
  std::string_view advice = "check the storage";
  if (error.code() == ErrorCode::kOutOfResources) advice = "give it more";
  if (error.code() == ErrorCode::kUnsupported) advice = "take a newer program";
  throw Error(error.code(),
              fmt::format("directory \"{}\" cannot be read now, which does not mean that it is "
                          "lost: {}: {}, then repair again",
                          directory, error.what(), advice),
              error.subject());
}

}  // namespace

bool ExcludingEditor::edit(const std::string& /*directory*/, EditState state,
                           std::vector<EditedNode>& nodes) {
  for (EditedNode& edited : nodes) {
    if (!rule().choose(state, edited.node.name).item) continue;
    edited.dropped = true;
    log().tell(edited.node.name, "excluded");
  }
  return false;
}

bool IncludingEditor::edit(const std::string& /*directory*/, EditState state,
                           std::vector<EditedNode>& nodes) {
  for (EditedNode& edited : nodes) {
    const PathChoice choice = rule().choose(state, edited.node.name);
    if (choice.item || (choice.below && edited.node.subtree)) continue;
    edited.dropped = true;
    log().tell(edited.node.name, "excluded");
  }
  return false;
}

bool RepairingEditor::edit(const std::string& /*directory*/, EditState /*state*/,
                           std::vector<EditedNode>& nodes) {
  for (EditedNode& edited : nodes) {
    if (edited.node.type == NodeType::kIrregular) {
      edited.dropped = true;
      log().tell(edited.node.name, "removed, as nobody knows what type of file it is");
    } else if (edited.node.type == NodeType::kFile) {
      repair_content(edited);
    }
  }
  return sort_names(nodes);
}

void RepairingEditor::repair_content(EditedNode& file) {
  std::vector<Id> content;
  std::uint64_t size = 0;
  for (const Id& id : file.node.content) {
    if (const auto place = index_.find_any({BlobType::kData, id})) {
      content.push_back(id);
      size += place->plaintext_length();
    }
  }
  const std::size_t lost = file.node.content.size() - content.size();
  if (lost == 0 && size == file.node.size) return;
  if (lost > 0) {
    log().tell(file.node.name, fmt::format("{} of {} pieces of its content are lost", lost,
                                           file.node.content.size()));
  } else {
    log().tell(file.node.name, fmt::format("has {} bytes, not {}", size, file.node.size));
  }
  file.changed = with_content(file.changed.empty() ? file.json : file.changed, content, size);
  file.node.content = std::move(content);
  file.node.size = size;
}

/// In order, and of equal names the first one only.
bool RepairingEditor::sort_names(std::vector<EditedNode>& nodes) {
  const auto by_name = [](const EditedNode& edited) { return std::string_view(edited.node.name); };
  const bool sorted = std::ranges::is_sorted(nodes, {}, by_name);
  if (!sorted) {
    std::ranges::stable_sort(nodes, {}, by_name);
    log().tell("", "its names are in order again");
  }
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    if (nodes[i].dropped || nodes[i].node.name != nodes[i - 1].node.name) continue;
    nodes[i].dropped = true;
    log().tell(nodes[i].node.name, "removed, as it was there twice");
  }
  return !sorted;
}

std::optional<std::string> RepairingEditor::mend(const std::string& directory,
                                                 std::string_view node_json, const Error& error) {
  if (!error.means_loss()) refuse_to_repair(directory, error);
  const std::string name = node_name(node_json).value_or("?");
  if (auto file = if_readable([&] { return with_content(node_json, {}, 0); })) {
    log().tell(name, "its content is lost");
    return file;
  }
  if (auto empty_directory = if_readable([&] { return with_subtree(node_json, empty_tree()); })) {
    log().tell(name, "the directory's content is lost");
    return empty_directory;
  }
  log().tell(name, fmt::format("removed, as it cannot be read: {}", error.what()));
  return std::nullopt;
}

bool RepairingEditor::empty_unreadable_tree(const std::string& directory, const Error& error) {
  if (!error.means_loss()) refuse_to_repair(directory, error);
  log().tell("", fmt::format("the directory's content is lost: {}", error.what()));
  return true;
}

}  // namespace snapfs
