#include "fs/cache/pack_parts.h"

#include <algorithm>
#include <iterator>

namespace snapfs {
namespace {

std::uint64_t end_of(const ByteRange& range) noexcept { return range.offset + range.length; }

/// Takes those out of the parts.
template <class Predicate>
std::vector<ByteRange> take_if(std::vector<ByteRange>& parts, const Predicate& is_meant) {
  std::vector<ByteRange> taken;
  std::ranges::copy_if(parts, std::back_inserter(taken), is_meant);
  std::erase_if(parts, is_meant);
  return taken;
}

}  // namespace

std::vector<ByteRange> PackParts::add(const ByteRange& part) {
  const auto lies_within = [](const ByteRange& inner, const ByteRange& outer) {
    return inner.offset >= outer.offset && end_of(inner) <= end_of(outer);
  };
  const auto has_it = [&](const ByteRange& known) { return lies_within(part, known); };
  if (const auto known = std::ranges::find_if(parts_, has_it); known != parts_.end()) {
    const bool is_same = known->offset == part.offset && known->length == part.length;
    return is_same ? std::vector<ByteRange>{} : std::vector<ByteRange>{part};
  }
  std::vector<ByteRange> within =
      take_if(parts_, [&](const ByteRange& known) { return lies_within(known, part); });
  parts_.insert(std::ranges::upper_bound(parts_, part.offset, {}, &ByteRange::offset), part);
  return within;
}

std::vector<ByteRange> PackParts::take_overlapping(const ByteRange& range) {
  return take_if(parts_, [&](const ByteRange& part) {
    return part.offset < end_of(range) && range.offset < end_of(part);
  });
}

void PackParts::remove(const ByteRange& part) {
  std::erase_if(parts_, [&](const ByteRange& known) {
    return known.offset == part.offset && known.length == part.length;
  });
}

std::vector<PartPiece> PackParts::pieces_of(const ByteRange& range) const {
  std::vector<PartPiece> pieces;
  std::uint64_t at = range.offset;
  while (at < end_of(range)) {
    // Of those that begin before, the last one reaches farthest.
    const auto after = std::ranges::upper_bound(parts_, at, {}, &ByteRange::offset);
    if (after == parts_.begin() || end_of(*std::prev(after)) <= at) return {};
    const ByteRange& part = *std::prev(after);
    pieces.push_back({part, at, std::min(end_of(part), end_of(range))});
    at = pieces.back().end;
  }
  return pieces;
}

}  // namespace snapfs
