// Index files: which blobs lie where in which pack (FORMAT §7.1), written as JSON.
// fs/format/index_reader.h reads them.
#pragma once

#include <span>
#include <string>

#include "fs/base/byte_sink.h"
#include "fs/format/pack.h"

namespace snapfs {

/// The plaintext of an index file, with its closing newline, in pieces: one pack of small files
/// makes twenty million bytes.
void write_index(std::span<const PackDescription> packs, const ByteSink& out);

/// The same in one piece.
std::string encode_index(std::span<const PackDescription> packs);

}  // namespace snapfs
