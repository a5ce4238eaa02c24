// Nodes as JSON, byte for byte as the format wants them (FORMAT §10). Reading them back is
// fs/tree/tree_reader.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/time/timezone.h"
#include "fs/tree/node.h"

namespace snapfs {

/// Appends the node's object, without a separator. Fields that are zero or empty are left out as
/// the format demands; the caller sees to it that a node has only what its type has (see Node).
/// Thread-safe.
void append_node_json(std::string& out, const Node& node, const TimeZone& zone);

/// Appends the part of the object that tells what the item is, as stat(2) knows it: everything up
/// to, and without, extended attributes, device and content. For a directory or a regular file
/// without attributes the rest is one of the two below. Thread-safe.
void append_node_head(std::string& out, const Node& node, const TimeZone& zone);

/// Appends what follows the head, the closing brace included.
void append_node_tail(std::string& out, const Node& node);

/// The blobs of a regular file whose JSON ends in `tail`, which is what follows the head. Nothing
/// when the tail is not exactly as append_node_tail writes it for a file. Attributes are skipped.
std::optional<std::vector<Id>> content_of_tail(std::string_view tail);

/// Whether `tail` is as append_node_tail writes it for what is neither file nor directory.
bool is_tail_without_content(std::string_view tail);

/// The blobs that a node's JSON ends with; nothing when it ends otherwise. For figures only:
/// whether they are the node's content depends on what comes before.
std::optional<std::vector<Id>> content_at_end(std::string_view node_json);

/// The same node with none of these blobs; nothing when it ends otherwise. Of a list as long as
/// a hundred MiB the text that the parser needs to see.
std::optional<std::string> without_content_at_end(std::string_view node_json);

/// Appends `name` quoted as Go's strconv.Quote does, without the outer quotes (FORMAT §10.5).
void append_go_quoted(std::string& out, std::string_view name);

/// Undoes it; nothing when the text is not validly quoted (FORMAT §10.8).
std::optional<std::string> unquote_go(std::string_view quoted);

/// What `type` is called in JSON, such as "dir", and back; an unknown name is kIrregular.
std::string_view type_name(NodeType type) noexcept;
NodeType type_of_name(std::string_view name) noexcept;

/// The format's mode number for a type and permission bits (FORMAT §10.3), and back.
std::uint32_t go_mode(NodeType type, std::uint32_t permissions) noexcept;
std::uint32_t permissions_of_go_mode(std::uint32_t mode) noexcept;

}  // namespace snapfs
