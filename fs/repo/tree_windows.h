// Far away a directory's tree costs a round trip, and so does each below it. They lie before it in
// its pack as a rule, because a tree is written when those below it are. So whoever wants one tree
// loads a window that ends with it, which grows with each request that the pack needs, as a kernel
// reads ahead in a file; what came with it is kept for a while.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "fs/backend/backend.h"
#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/base/synchronized.h"

namespace snapfs {

/// Thread-safe.
class TreeWindows {
 public:
  static constexpr std::uint64_t kFirstBytes = std::uint64_t{128} << 10;  ///< of a pack
  static constexpr std::uint64_t kLargestBytes = std::uint64_t{1} << 20;
  static constexpr std::size_t kKeptBytes = std::size_t{8} << 20;  ///< when full the oldest go

  /// What is loaded in the place of a range. While it lives no other of that pack is widened, so
  /// that those who read many places of a pack at once do not all load the same.
  class Window {
   public:
    ~Window();
    Window(const Window&) = delete;
    Window& operator=(const Window&) = delete;

    /// Ends where the range that was asked for ends.
    const ByteRange& range() const noexcept { return range_; }

    /// These bytes of the pack were loaded. `keep`: in memory.
    void loaded(ByteView bytes, bool keep);

   private:
    friend TreeWindows;
    Window(TreeWindows& windows, const Id& pack, const ByteRange& range, bool is_widened)
        : windows_(windows), pack_(pack), range_(range), is_widened_(is_widened) {}

    TreeWindows& windows_;
    const Id pack_;
    const ByteRange range_;
    const bool is_widened_;
  };

  /// The bytes of that range of the pack, if they are kept.
  std::optional<Bytes> part(const Id& pack, const ByteRange& range);

  /// Must not outlive this.
  Window widened(const Id& pack, const ByteRange& range);

 private:
  struct Pack {
    bool is_being_widened = false;
    std::uint64_t next_bytes = kFirstBytes;
    std::map<std::uint64_t, Bytes> kept;  ///< by their place in the pack
  };
  struct Kept {
    std::unordered_map<Id, Pack> packs;
    std::deque<std::pair<Id, std::uint64_t>> order;
    std::size_t bytes = 0;
  };

  Synchronized<Kept> kept_;
};

}  // namespace snapfs
