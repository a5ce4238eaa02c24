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
  if (error.code() == ErrorCode::kUnsupported) {
    advice =
        "take a program that can read it, such as restic, or forget the snapshots that have it";
  }
  throw Error(error.code(),
              fmt::format("directory \"{}\" cannot be read now, which does not mean that it is "
                          "lost: {}: {}, then repair again",
                          directory, error.what(), advice),
              error.subject());
}

}  // namespace

void ExcludingEditor::edit(EditState state, EditedNode& edited) {
  if (!rule().choose(state, edited.node.name).item) return;
  edited.dropped = true;
  log().tell(edited.node.name, "excluded");
}

void IncludingEditor::edit(EditState state, EditedNode& edited) {
  const PathChoice choice = rule().choose(state, edited.node.name);
  if (choice.item || (choice.below && edited.node.subtree)) return;
  edited.dropped = true;
  log().tell(edited.node.name, "excluded");
}

void RepairingEditor::edit(EditState /*state*/, EditedNode& edited) {
  if (edited.node.type == NodeType::kIrregular) {
    edited.dropped = true;
    log().tell(edited.node.name, "removed, as nobody knows what type of file it is");
  } else if (edited.node.type == NodeType::kFile) {
    repair_content(edited);
  }
}

void RepairingEditor::repair_content(EditedNode& file) {
  Node& node = file.node;
  std::uint64_t size = 0;
  const std::size_t all = node.content.size();
  const std::size_t lost = std::erase_if(node.content, [&](const Id& id) {
    const auto place = index_.find_any({BlobType::kData, id});
    if (place) size += place->plaintext_length();
    return !place;
  });
  if (lost == 0 && size == node.size) return;
  if (lost > 0) {
    log().tell(node.name, fmt::format("{} of {} pieces of its content are lost", lost, all));
  } else {
    log().tell(node.name, fmt::format("has {} bytes, not {}", size, node.size));
  }
  file.changed = with_content(file.changed ? std::string_view(file.changed->json()) : file.json,
                              std::move(node.content), size);
  node.size = size;
}

void RepairingEditor::put_in_order(std::vector<PlacedName>& names) {
  if (!std::ranges::is_sorted(names, {}, &PlacedName::name)) {
    std::ranges::stable_sort(names, {}, &PlacedName::name);
    log().tell("", "its names are in order again");
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (kept > 0 && names[i].name == names[kept - 1].name) {
      log().tell(names[i].name, "removed, as it was there twice");
    } else {
      std::swap(names[kept++], names[i]);
    }
  }
  names.resize(kept);
}

std::optional<std::string> RepairingEditor::mend(const std::string& directory,
                                                 std::string_view node_json, const Error& error) {
  if (!error.means_loss()) refuse_to_repair(directory, error);
  const std::string name = node_name(node_json).value_or("?");
  if (auto file = if_readable([&] { return with_content(node_json, {}, 0).json(); })) {
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
