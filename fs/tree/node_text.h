// What a node says that no system call can be told of: a zero byte ends a text there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fs/tree/node.h"

namespace snapfs {

/// Why a link's target cannot be told, as a sentence; nothing for a target that can be, and for
/// what is no link.
std::optional<std::string> untellable_target(const Node& node);

/// The same of an extended attribute's name.
std::optional<std::string> untellable_attribute(std::string_view name);

}  // namespace snapfs
