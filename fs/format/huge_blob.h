// What of a repository is too large to be handled as everything else is.
#pragma once

#include <cstdint>

namespace snapfs {

/// Bytes of plaintext. More than that have only directories of very many entries, and blobs that
/// somebody made to take all memory. What takes a multiple of it is done with one at a time, and
/// trees as large as that are read node by node: parsed as a whole they take nearly as much again,
/// decoded several times as much.
inline constexpr std::uint32_t kHugeBlob = 16 << 20;

}  // namespace snapfs
