// Runs once for every file of every backup: appends only, and quotes names twice only when they
// need it.
#include "fs/tree/node_json.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <utility>

#include "fs/base/hex.h"
#include "fs/base/utf8.h"
#include "fs/crypto/base64.h"
#include "fs/format/json_writer.h"
#include "fs/time/rfc3339.h"

namespace snapfs {
namespace {

constexpr std::array<std::pair<NodeType, std::string_view>, 8> kTypeNames = {
    {{NodeType::kFile, "file"},
     {NodeType::kDirectory, "dir"},
     {NodeType::kSymlink, "symlink"},
     {NodeType::kBlockDevice, "dev"},
     {NodeType::kCharDevice, "chardev"},
     {NodeType::kFifo, "fifo"},
     {NodeType::kSocket, "socket"},
     {NodeType::kIrregular, "irregular"}}};

// Bits of the format's mode number (FORMAT §10.3).
constexpr std::uint32_t kModeDirectory = 1U << 31;
constexpr std::uint32_t kModeSymlink = 1U << 27;
constexpr std::uint32_t kModeDevice = 1U << 26;
constexpr std::uint32_t kModeFifo = 1U << 25;
constexpr std::uint32_t kModeSocket = 1U << 24;
constexpr std::uint32_t kModeSetuid = 1U << 23;
constexpr std::uint32_t kModeSetgid = 1U << 22;
constexpr std::uint32_t kModeCharDevice = 1U << 21;
constexpr std::uint32_t kModeSticky = 1U << 20;
constexpr std::uint32_t kModeIrregular = 1U << 19;
constexpr std::uint32_t kModePermissions = 0777;

struct FlagPair {
  std::uint32_t unix_bit;
  std::uint32_t go_bit;
};
constexpr std::array<FlagPair, 3> kFlags = {
    {{S_ISUID, kModeSetuid}, {S_ISGID, kModeSetgid}, {S_ISVTX, kModeSticky}}};

/// What neither quoting changes: printable ASCII but for what Go or JSON escapes.
constexpr auto kPlainInName = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x7f; ++c) plain[c] = true;
  for (const unsigned char c : {'"', '\\', '<', '>', '&'}) plain[c] = false;
  return plain;
}();

std::uint32_t type_bits(NodeType type) noexcept {
  switch (type) {
    case NodeType::kFile:
      return 0;
    case NodeType::kDirectory:
      return kModeDirectory;
    case NodeType::kSymlink:
      return kModeSymlink;
    case NodeType::kBlockDevice:
      return kModeDevice;
    case NodeType::kCharDevice:
      return kModeDevice | kModeCharDevice;
    case NodeType::kFifo:
      return kModeFifo;
    case NodeType::kSocket:
      return kModeSocket;
    case NodeType::kIrregular:
      break;
  }
  return kModeIrregular;
}

void append_name(std::string& out, std::string_view name) {
  const bool plain = std::all_of(
      name.begin(), name.end(), [](char c) { return kPlainInName[static_cast<unsigned char>(c)]; });
  if (plain) {
    out += '"';
    out += name;
    out += '"';
    return;
  }
  std::string quoted;
  append_go_quoted(quoted, name);
  append_json_string(out, quoted);
}

void append_number_unless_zero(std::string& out, std::string_view key, std::uint64_t value) {
  if (value == 0) return;
  out += key;
  append_json_number(out, value);
}

void append_text_unless_empty(std::string& out, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  out += key;
  append_json_string(out, text);
}

void append_time(std::string& out, std::string_view key, Timestamp time, const TimeZone& zone) {
  out += key;
  append_rfc3339(out, zone.at(time));
  out += '"';
}

void append_id(std::string& out, const Id& id) {
  std::array<char, 2 * Id::kSize> digits;
  write_hex(id.bytes, digits.data());
  out += '"';
  out.append(digits.data(), digits.size());
  out += '"';
}

void append_quoted_base64(std::string& out, ByteView bytes) {
  out += '"';
  append_base64(out, bytes);
  out += '"';
}

void append_link_target(std::string& out, std::string_view target) {
  append_text_unless_empty(out, ",\"linktarget\":", target);
  if (is_valid_utf8(target)) return;
  out += ",\"linktarget_raw\":";
  append_quoted_base64(out, as_bytes(target));
}

void append_extended_attributes(std::string& out, const std::vector<ExtendedAttribute>& list) {
  if (list.empty()) return;
  std::string_view separator = ",\"extended_attributes\":[";
  for (const ExtendedAttribute& attribute : list) {
    out += separator;
    out += "{\"name\":";
    append_json_string(out, attribute.name);
    out += ",\"value\":";
    append_quoted_base64(out, attribute.value);
    out += '}';
    separator = ",";
  }
  out += ']';
}

void append_content(std::string& out, const Node& node) {
  if (node.type != NodeType::kFile) {
    out += ",\"content\":null";
    return;
  }
  out += ",\"content\":[";
  for (std::size_t i = 0; i < node.content.size(); ++i) {
    if (i != 0) out += ',';
    append_id(out, node.content[i]);
  }
  out += ']';
}

constexpr std::string_view kContent = ",\"content\":[";
constexpr std::size_t kQuotedId = 2 * Id::kSize + 2;

/// Calls `take` with the IDs of a node's last field: `list` begins with the field's comma and ends
/// the node. Returns whether it is nothing else.
template <class Take>
bool read_content_list(std::string_view list, const Take& take) {
  constexpr std::string_view kEnd = "]}";
  if (!list.starts_with(kContent) || !list.ends_with(kEnd)) return false;
  list.remove_prefix(kContent.size());
  list.remove_suffix(std::min(kEnd.size(), list.size()));
  while (!list.empty()) {
    Id id;
    const bool well_formed = list.size() >= kQuotedId && list.front() == '"' &&
                             list[kQuotedId - 1] == '"' &&
                             parse_hex(list.substr(1, 2 * Id::kSize), id.bytes);
    if (!well_formed) return false;
    take(id);
    list.remove_prefix(kQuotedId);
    if (list.empty()) break;
    if (!list.starts_with(',')) return false;
    list.remove_prefix(1);
    if (list.empty()) return false;
  }
  return true;
}

std::optional<std::vector<Id>> content_of_list(std::string_view list) {
  std::vector<Id> content;
  content.reserve(list.size() / (kQuotedId + 1));
  if (!read_content_list(list, [&](const Id& id) { content.push_back(id); })) return std::nullopt;
  return content;
}

bool skip(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

/// A JSON string, quotes included.
bool skip_string(std::string_view& text) {
  if (!skip(text, "\"")) return false;
  for (std::size_t at = text.find_first_of("\"\\"); at != std::string_view::npos;
       at = text.find_first_of("\"\\", at + 2)) {
    if (text[at] == '\\') continue;  // and what it escapes
    text.remove_prefix(at + 1);
    return true;
  }
  return false;
}

/// The attributes, if there are any, exactly as they are written here: any other member, and one
/// that is there twice, would be taken over unread.
bool skip_attributes(std::string_view& tail) {
  if (!skip(tail, ",\"extended_attributes\":[")) return true;
  do {
    const bool well_formed = skip(tail, "{\"name\":") && skip_string(tail) &&
                             skip(tail, ",\"value\":") && skip_string(tail) && skip(tail, "}");
    if (!well_formed) return false;
  } while (skip(tail, ","));
  return skip(tail, "]");
}

}  // namespace

std::string_view type_name(NodeType type) noexcept {
  for (const auto& [known, name] : kTypeNames) {
    if (known == type) return name;
  }
  return kTypeNames.back().second;
}

NodeType type_of_name(std::string_view name) noexcept {
  for (const auto& [type, known] : kTypeNames) {
    if (known == name) return type;
  }
  return NodeType::kIrregular;
}

std::uint32_t go_mode(NodeType type, std::uint32_t permissions) noexcept {
  std::uint32_t mode = type_bits(type) | (permissions & kModePermissions);
  for (const FlagPair& flag : kFlags) {
    if ((permissions & flag.unix_bit) != 0) mode |= flag.go_bit;
  }
  return mode;
}

std::uint32_t permissions_of_go_mode(std::uint32_t mode) noexcept {
  std::uint32_t permissions = mode & kModePermissions;
  for (const FlagPair& flag : kFlags) {
    if ((mode & flag.go_bit) != 0) permissions |= flag.unix_bit;
  }
  return permissions;
}

void append_node_json(std::string& out, const Node& node, const TimeZone& zone) {
  append_node_head(out, node, zone);
  append_node_tail(out, node);
}

void append_node_head(std::string& out, const Node& node, const TimeZone& zone) {
  out += "{\"name\":";
  append_name(out, node.name);
  out += ",\"type\":\"";
  out += type_name(node.type);
  out += '"';
  append_number_unless_zero(out, ",\"mode\":", go_mode(node.type, node.permissions));
  append_time(out, ",\"mtime\":\"", node.mtime, zone);
  append_time(out, ",\"atime\":\"", node.atime, zone);
  append_time(out, ",\"ctime\":\"", node.ctime, zone);
  out += ",\"uid\":";
  append_json_number(out, node.uid);
  out += ",\"gid\":";
  append_json_number(out, node.gid);
  append_text_unless_empty(out, ",\"user\":", node.user);
  append_text_unless_empty(out, ",\"group\":", node.group);
  append_number_unless_zero(out, ",\"inode\":", node.inode);
  append_number_unless_zero(out, ",\"device_id\":", node.device_id);
  append_number_unless_zero(out, ",\"size\":", node.size);
  append_number_unless_zero(out, ",\"links\":", node.links);
  append_link_target(out, node.link_target);
}

void append_node_tail(std::string& out, const Node& node) {
  append_extended_attributes(out, node.extended_attributes);
  append_number_unless_zero(out, ",\"device\":", node.device);
  append_content(out, node);
  if (node.subtree) {
    out += ",\"subtree\":";
    append_id(out, *node.subtree);
  }
  out += '}';
}

std::optional<std::vector<Id>> content_at_end(std::string_view node_json) {
  // Of the last field only IDs follow; what is before it may hold any text.
  const std::size_t at = node_json.rfind(kContent);
  if (at == std::string_view::npos) return std::nullopt;
  return content_of_list(node_json.substr(at));
}

std::optional<std::string> without_content_at_end(std::string_view node_json) {
  const std::size_t at = node_json.rfind(kContent);
  if (at == std::string_view::npos) return std::nullopt;
  if (!read_content_list(node_json.substr(at), [](const Id&) {})) return std::nullopt;
  std::string brief(node_json.substr(0, at + kContent.size()));
  brief += "]}";
  return brief;
}

std::optional<std::vector<Id>> content_of_tail(std::string_view tail) {
  if (!skip_attributes(tail)) return std::nullopt;
  return content_of_list(tail);
}

bool is_tail_without_content(std::string_view tail) {
  constexpr std::string_view kDevice = ",\"device\":";
  constexpr std::string_view kNoContent = ",\"content\":null}";
  if (!skip_attributes(tail)) return false;
  if (tail.starts_with(kDevice)) {
    tail.remove_prefix(kDevice.size());
    const std::size_t end = tail.find_first_not_of("0123456789");
    if (end == 0 || end == std::string_view::npos) return false;
    tail.remove_prefix(end);
  }
  return tail == kNoContent;
}

}  // namespace snapfs
