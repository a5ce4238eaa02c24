// Index files: which blobs lie where in which pack (FORMAT §7.1), as JSON.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "fs/base/bytes.h"
#include "fs/repo/pack.h"

namespace snapfs {

/// The plaintext of an index file, with its closing newline.
std::string encode_index(std::span<const PackDescription> packs);

/// Calls `visit` for each pack of the file. The text is taken over because it can have ten million
/// bytes, and the parser needs room behind it. Throws Error{kDamaged} for text that is not an
/// index, or that lists compressed blobs in a version 1 repository.
void parse_index(Bytes json, unsigned version,
                 const std::function<void(const PackDescription&)>& visit);

}  // namespace snapfs
