// Entries of a snapshot as ls and find show them: lines for people, objects for programs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fs/tree/node.h"

namespace snapfs {

/// Type and permissions as restic shows them, which is how Go writes a file mode: letters for what
/// is special, such as "d" for a directory, "L" for a symlink, "u" for setuid, or "-" when nothing
/// is; then "rwxr-xr-x".
std::string mode_text(NodeType type, std::uint32_t permissions);

enum class SizeStyle { kBytes, kHuman };

/// Mode, owner, group, size, modification time and path, with a symlink's target behind it. `path`
/// and `target` are printed as they are; no newline.
std::string long_line(const Node& node, std::string_view path, std::string_view target,
                      SizeStyle sizes);

}  // namespace snapfs
