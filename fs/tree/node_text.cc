#include "fs/tree/node_text.h"

#include "fs/tree/node_json.h"

namespace snapfs {

std::optional<std::string> untellable_target(const Node& node) {
  if (node.type != NodeType::kSymlink) return std::nullopt;
  if (node.link_target.empty()) return "its link target is empty";
  if (node.link_target.find('\0') == std::string::npos) return std::nullopt;
  return "its link target has a zero byte in it, which no system call can be told of";
}

std::optional<std::string> untellable_attribute(std::string_view name) {
  if (name.empty()) return "an extended attribute has no name";
  if (name.find('\0') == std::string_view::npos) return std::nullopt;
  std::string text = "the name of its extended attribute \"";
  append_go_quoted(text, name);
  return text + "\" has a zero byte in it, which no system call can be told of";
}

}  // namespace snapfs
