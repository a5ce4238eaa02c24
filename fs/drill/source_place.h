// Where on this machine an item of a snapshot may have come from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace snapfs {

/// The places that the item at `path` of the snapshot may have, the likeliest first. `targets` is
/// what the snapshot was taken of, absolute, as it records. An absolute target lies at its own path
/// in the snapshot; a relative one lies at the path that was typed, without what leads up ("..",
/// ".": FORMAT §13.1), which is the end of the recorded one. What was typed is not recorded, so
/// there may be several places; which one it is shows in what is there.
std::vector<std::string> source_places(std::string_view path,
                                       const std::vector<std::string>& targets);

}  // namespace snapfs
