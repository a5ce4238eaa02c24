// Far away a directory's tree costs a round trip, and so does each below it. They lie before it in
// its pack as a rule, because a tree is written when those below it are. So whoever wants one tree
// loads a window that ends with it; what came with it is kept for a while. Who goes on to what lies
// just before a window gets one twice as large, as a kernel reads ahead in a file.
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
  static constexpr std::uint64_t kFirstBytes = std::uint64_t{128} << 10;
  static constexpr std::uint64_t kLargestBytes = std::uint64_t{1} << 20;
  static constexpr std::size_t kKeptBytes = std::size_t{8} << 20;  ///< when full the oldest go
  static constexpr std::size_t kMostWindows = 4096;                ///< remembered; likewise

  /// What is loaded in the place of a range. While it lives no other of that pack is widened, so
  /// that those who read many places of a pack at once do not all load the same.
  class Window {
   public:
    ~Window();
    Window(const Window&) = delete;
    Window& operator=(const Window&) = delete;

    /// Ends where the range that was asked for ends.
    const ByteRange& range() const noexcept { return range_; }

    /// These bytes of the pack were loaded. With `keep` part() has them from now on; without, they
    /// are kept elsewhere, and only do not come again.
    void loaded(ByteView bytes, bool keep);

   private:
    friend TreeWindows;
    Window(TreeWindows& windows, const Id& pack, const ByteRange& range, std::uint64_t size)
        : windows_(windows), pack_(pack), range_(range), size_(size) {}

    TreeWindows& windows_;
    const Id pack_;
    const ByteRange range_;
    const std::uint64_t size_;  ///< that it was meant to have; 0: it is not widened
  };

  /// The bytes of that range of the pack, if they are kept.
  std::optional<Bytes> part(const Id& pack, const ByteRange& range);

  /// Must not outlive this.
  Window widened(const Id& pack, const ByteRange& range);

 private:
  struct Known {
    std::uint64_t length = 0;
    Bytes bytes;  ///< empty: not kept here
  };
  struct Pack {
    bool is_being_widened = false;
    std::uint64_t last_begin = 0;          ///< of the window that was loaded last
    std::uint64_t last_size = 0;           ///< that it was meant to have; 0: there was none
    std::map<std::uint64_t, Known> known;  ///< by their place in the pack
  };
  struct State {
    std::unordered_map<Id, Pack> packs;
    std::deque<std::pair<Id, std::uint64_t>> order;
    std::size_t bytes = 0;
  };

  static void forget_oldest(State& state);

  Synchronized<State> state_;
};

}  // namespace snapfs
