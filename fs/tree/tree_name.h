// How messages name a tree.
#pragma once

#include <string>

#include "fs/base/id.h"

namespace snapfs {

/// "tree <64 hexadecimal digits>".
inline std::string tree_name(const Id& tree) { return "tree " + tree.hex(); }

}  // namespace snapfs
