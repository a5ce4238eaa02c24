// Work in a process of its own, for what may end by a lack of memory that nobody handles.
#pragma once

#include <functional>
#include <string>

namespace snapfs::sim {

/// Returns what `work` returns in a copy of this process. When a lack of memory ends the copy, it
/// is what `otherwise` returns, called at that very place; any other end is told in words.
std::string in_own_process(const std::function<std::string()>& work,
                           const std::function<std::string()>& otherwise);

}  // namespace snapfs::sim
