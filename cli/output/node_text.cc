#include "cli/output/node_text.h"

#include <fmt/format.h>

#include "cli/option/quantity.h"
#include "fs/time/local_time.h"
#include "fs/tree/node_json.h"

namespace snapfs {

std::string mode_text(NodeType type, std::uint32_t permissions) {
  // From the highest bit of the format's mode number down (FORMAT §10.3).
  constexpr std::string_view kFlags = "dalTLDpSugct?";
  constexpr unsigned kHighestBit = 31;
  constexpr std::string_view kPermissions = "rwxrwxrwx";
  const std::uint32_t mode = go_mode(type, permissions);
  std::string text;
  for (unsigned i = 0; i < kFlags.size(); ++i) {
    if ((mode >> (kHighestBit - i) & 1) != 0) text += kFlags[i];
  }
  if (text.empty()) text += '-';
  for (unsigned i = 0; i < kPermissions.size(); ++i) {
    text += (mode >> (kPermissions.size() - 1 - i) & 1) != 0 ? kPermissions[i] : '-';
  }
  return text;
}

std::string long_line(const Node& node, std::string_view path, std::string_view target,
                      SizeStyle sizes) {
  std::string line =
      fmt::format("{} {:5} {:5} ", mode_text(node.type, node.permissions), node.uid, node.gid);
  if (sizes == SizeStyle::kHuman) {
    line += format_size(node.size);
  } else {
    line += fmt::format("{:6}", node.size);
  }
  line += fmt::format(" {} {}", format_local_time(node.mtime), path);
  if (node.type == NodeType::kSymlink) line += fmt::format(" -> {}", target);
  return line;
}

}  // namespace snapfs
