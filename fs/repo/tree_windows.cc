#include "fs/repo/tree_windows.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace snapfs {
namespace {

/// What is known of packs is some bytes for each; that of all is forgotten when there are so many.
constexpr std::size_t kMostPacks = 64 << 10;

}  // namespace

std::optional<Bytes> TreeWindows::part(const Id& pack, const ByteRange& range) {
  const auto kept = kept_.lock();
  const auto found = kept->packs.find(pack);
  if (found == kept->packs.end()) return std::nullopt;
  const auto& windows = found->second.kept;
  auto window = windows.upper_bound(range.offset);
  if (window == windows.begin()) return std::nullopt;
  --window;
  const std::uint64_t begin = range.offset - window->first;
  const ByteView bytes = window->second;
  if (begin > bytes.size() || range.length > bytes.size() - begin) return std::nullopt;
  const ByteView part = bytes.subspan(begin, range.length);
  return Bytes(part.begin(), part.end());
}

TreeWindows::Window TreeWindows::widened(const Id& pack, const ByteRange& range) {
  const auto kept = kept_.lock();
  if (kept->packs.size() >= kMostPacks) {
    std::erase_if(kept->packs, [](const auto& entry) {
      return entry.second.kept.empty() && !entry.second.is_being_widened;
    });
  }
  Pack& state = kept->packs[pack];
  if (state.is_being_widened) return {*this, pack, range, false};
  state.is_being_widened = true;
  const std::uint64_t end = range.offset + range.length;
  const std::uint64_t bytes = std::max(state.next_bytes, range.length);
  std::uint64_t begin = end - std::min(bytes, end);
  // What is kept just before it need not come again.
  const auto above = state.kept.upper_bound(range.offset);
  if (above != state.kept.begin()) {
    const auto& [before, content] = *std::prev(above);
    begin = std::clamp(before + content.size(), begin, range.offset);
  }
  return {*this, pack, ByteRange{begin, end - begin}, true};
}

void TreeWindows::Window::loaded(ByteView bytes, bool keep) {
  if (!is_widened_) return;
  const auto kept = windows_.kept_.lock();
  Pack& pack = kept->packs[pack_];
  pack.next_bytes = std::min(2 * pack.next_bytes, kLargestBytes);
  if (!keep || bytes.size() > kKeptBytes) return;
  Bytes copy(bytes.begin(), bytes.end());
  if (!pack.kept.try_emplace(range_.offset, std::move(copy)).second) return;
  kept->order.emplace_back(pack_, range_.offset);
  kept->bytes += bytes.size();
  while (kept->bytes > kKeptBytes) {
    const auto [oldest, place] = kept->order.front();
    kept->order.pop_front();
    const auto gone = kept->packs[oldest].kept.extract(place);
    if (gone) kept->bytes -= gone.mapped().size();
  }
}

TreeWindows::Window::~Window() {
  if (!is_widened_) return;
  const auto kept = windows_.kept_.lock();
  const auto found = kept->packs.find(pack_);
  if (found != kept->packs.end()) found->second.is_being_widened = false;
}

}  // namespace snapfs
