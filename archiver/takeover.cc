// Compares texts, not fields. What stat(2) says is encoded as the beginning of a node's JSON, just
// as it would be stored. When the parent's node begins with the same bytes, everything that
// precedes the content is the same, and the rest of the text is the content; when the attributes
// are known to be the same, too, the parent's text is the new node as it is, and nothing is decoded
// or allocated. Where the beginnings differ in something that says nothing about the content, such
// as the links, the parent's node is decoded and compared by the rule.
#include "archiver/takeover.h"

#include <utility>

#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/tree/node_json.h"
#include "fs/tree/tree_reader.h"

namespace snapfs {
namespace {

/// What follows `head` in a node's JSON that begins with it.
std::optional<std::string_view> tail_of(std::string_view json, std::string_view head) {
  if (!json.starts_with(head)) return std::nullopt;
  const std::string_view tail = json.substr(head.size());
  // Otherwise the last number of the head is only the beginning of that in the JSON.
  return tail.starts_with(',') ? std::optional(tail) : std::nullopt;
}

}  // namespace

std::string SourceItem::path() const { return join_path(directory->path(), disk_name); }

/// When all that stat(2) tells is the same as the parent's node says, its text as it is.
std::optional<std::string_view> Takeover::file(const SourceItem& item,
                                               const SourceMetadata& metadata) {
  if (!looks_settled(item, metadata)) return std::nullopt;
  context_.nodes.make(node_, item.node_name, metadata, {});
  node_.size = metadata.size;
  json_.clear();
  append_node_head(json_, node_, context_.zone);
  const std::string_view previous = item.previous.json();
  const auto tail = tail_of(previous, json_);
  auto blobs = tail ? content_of_tail(*tail) : std::nullopt;
  if (!blobs) return content(item, metadata);
  if (!still_has(item, *blobs)) return std::nullopt;
  if (knows_attributes(item, metadata)) return previous;
  node_.content = *std::move(blobs);
  context_.nodes.add_attributes(node_, item.directory->attributes(item.disk_name));
  append_node_tail(json_, node_);
  return parents_text_or_ours(item);
}

/// The content alone, where the node differs in something that does not matter to it, such as its
/// links, or was written by another program or in another time zone.
std::optional<std::string_view> Takeover::content(const SourceItem& item,
                                                  const SourceMetadata& metadata) {
  Node previous;
  try {
    previous = parse_node(item.previous.json());
  } catch (const Error&) {
    return std::nullopt;  // damaged; the file is read instead
  }
  if (!is_unchanged(previous, metadata, context_.rule)) return std::nullopt;
  if (!still_has(item, previous.content)) return std::nullopt;
  node_.content = std::move(previous.content);
  context_.nodes.add_attributes(node_, item.directory->attributes(item.disk_name));
  json_.clear();
  append_node_json(json_, node_, context_.zone);
  return json_;
}

std::string_view Takeover::other(const SourceItem& item, const SourceMetadata& metadata) {
  context_.nodes.make(node_, item.node_name, metadata, {});
  if (metadata.is_symlink()) node_.link_target = item.directory->read_link(item.disk_name);
  json_.clear();
  append_node_head(json_, node_, context_.zone);
  const std::string_view previous = item.previous.json();
  const auto tail = tail_of(previous, json_);
  if (tail && is_tail_without_content(*tail) && knows_attributes(item, metadata)) return previous;
  context_.nodes.add_attributes(node_, item.directory->attributes(item.disk_name));
  append_node_tail(json_, node_);
  return parents_text_or_ours(item);
}

std::string_view Takeover::parents_text_or_ours(const SourceItem& item) const {
  const std::string_view previous = item.previous.json();
  return json_ == previous ? previous : json_;
}

bool Takeover::still_has(const SourceItem& item, const std::vector<Id>& content) {
  if (has_all_content(context_.index, content)) return true;
  context_.progress.warn_of_repository(
      item.path(), "parts of its content are missing from the repository; it is read again");
  return false;
}

/// Whether there is a previous node whose change time can be relied on.
bool Takeover::looks_settled(const SourceItem& item, const SourceMetadata& metadata) const {
  const std::size_t parent = item.previous.parent();
  return parent != kMaxParents &&
         !may_have_changed_since(metadata, context_.parents[parent]->start, context_.rule);
}

/// Whether an item with these times, which are the previous node's, must have that node's
/// attributes: changing one changes the time, and the same user sees the same ones.
bool Takeover::knows_attributes(const SourceItem& item, const SourceMetadata& metadata) const {
  return looks_settled(item, metadata) && !context_.rule.ignore_ctime &&
         !context_.rule.ignore_inode &&
         context_.parents[item.previous.parent()]->has_all_attributes &&
         item.directory->ctime_covers_attributes();
}

}  // namespace snapfs
