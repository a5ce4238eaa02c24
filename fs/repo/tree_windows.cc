#include "fs/repo/tree_windows.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace snapfs {

std::optional<Bytes> TreeWindows::part(const Id& pack, const ByteRange& range) {
  const auto state = state_.lock();
  const auto found = state->packs.find(pack);
  if (found == state->packs.end()) return std::nullopt;
  const auto& known = found->second.known;
  const auto above = known.upper_bound(range.offset);
  if (above == known.begin()) return std::nullopt;
  const auto& [place, window] = *std::prev(above);
  const std::uint64_t begin = range.offset - place;
  const ByteView bytes = window.bytes;
  if (begin > bytes.size() || range.length > bytes.size() - begin) return std::nullopt;
  const ByteView part = bytes.subspan(begin, range.length);
  return Bytes(part.begin(), part.end());
}

TreeWindows::Window TreeWindows::widened(const Id& pack, const ByteRange& range) {
  const auto state = state_.lock();
  Pack& current = state->packs[pack];
  if (current.is_being_widened) return {*this, pack, range, 0};
  const std::uint64_t end = range.offset + range.length;
  const bool goes_down = current.last_size != 0 && end <= current.last_begin &&
                         current.last_begin - end <= kLargestBytes;
  const std::uint64_t size =
      goes_down ? std::min(2 * current.last_size, kLargestBytes) : kFirstBytes;
  std::uint64_t begin = std::min(range.offset, end - std::min(size, end));
  // What came before need not come again.
  const auto above = current.known.upper_bound(range.offset);
  if (above != current.known.begin()) {
    const auto& [place, window] = *std::prev(above);
    begin = std::clamp(place + window.length, begin, range.offset);
  }
  current.is_being_widened = true;
  return {*this, pack, ByteRange{begin, end - begin}, size};
}

void TreeWindows::Window::loaded(ByteView bytes, bool keep) {
  if (size_ == 0) return;
  Known known{bytes.size(), {}};
  if (keep && bytes.size() <= kKeptBytes) known.bytes.assign(bytes.begin(), bytes.end());
  const std::size_t kept = known.bytes.size();
  const auto state = windows_.state_.lock();
  Pack& pack = state->packs[pack_];
  pack.last_begin = range_.offset;
  pack.last_size = size_;
  if (!pack.known.try_emplace(range_.offset, std::move(known)).second) return;
  state->order.emplace_back(pack_, range_.offset);
  state->bytes += kept;
  while (state->bytes > kKeptBytes || state->order.size() > kMostWindows) forget_oldest(*state);
}

void TreeWindows::forget_oldest(State& state) {
  const auto [pack, place] = state.order.front();
  state.order.pop_front();
  const auto found = state.packs.find(pack);
  auto& known = found->second.known;
  const auto oldest = known.find(place);
  state.bytes -= oldest->second.bytes.size();
  known.erase(oldest);
  if (known.empty() && !found->second.is_being_widened) state.packs.erase(found);
}

TreeWindows::Window::~Window() {
  if (size_ == 0) return;
  const auto state = windows_.state_.lock();
  const auto found = state->packs.find(pack_);
  found->second.is_being_widened = false;
  if (found->second.known.empty()) state->packs.erase(found);
}

}  // namespace snapfs
