// One pack, byte for byte: its name, its header, every blob, and what the index says of them
// (FORMAT §6, §16).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/format/huge_blob.h"
#include "fs/format/pack.h"
#include "fs/index/indexed_packs.h"

namespace snapfs {

class Codec;
class Index;

/// What is wrong with a pack.
struct PackVerdict {
  std::vector<std::string> problems;  ///< a line for each; empty: intact
  bool header_readable = true;        ///< if not, its blobs were not looked at

  bool intact() const noexcept { return problems.empty() && header_readable; }
};

/// Compares the pack's file with its name, its header, and what the index says: `indexed` and the
/// entries of `index`. Every blob that the header lists is decrypted, decompressed and hashed.
/// `huge_blobs` is shared by those who do so at the same time.
PackVerdict verify_pack(Codec& codec, HugeBlobs& huge_blobs, const Index& index, const Id& id,
                        const IndexedPack& indexed, ByteView file);

/// Opens the blobs that `entries` place in the file, and returns a line for each that is not
/// intact. For packs whose header cannot be read.
std::vector<std::string> verify_blobs(Codec& codec, HugeBlobs& huge_blobs,
                                      std::span<const PackEntry> entries, ByteView file);

}  // namespace snapfs
