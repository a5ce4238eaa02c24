// What a load is for. Storage answers the same whatever it says; what stands before the storage
// keeps some kinds of bytes, and lets some requests overtake others.
#pragma once

#include <cstdint>

namespace snapfs {

/// What the bytes are: trees are asked for again and again, and worth being kept nearby.
enum class Content : std::uint8_t { kWholeFile, kTree, kData };

/// Who waits for them; whatever comes first goes first when not all can be under way.
enum class Urgency : std::uint8_t {
  kForeground,  ///< somebody waits for just these bytes
  kAhead,       ///< somebody will probably want them next
  kBulk,        ///< part of a long run, of which nobody waits for a single piece
};

/// By default a whole file for which somebody waits.
struct LoadPurpose {
  Content content = Content::kWholeFile;
  Urgency urgency = Urgency::kForeground;
};

}  // namespace snapfs
