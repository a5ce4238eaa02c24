// What was asked of a mount, and what is being answered right now. It counts and times; it knows
// nothing of the answers.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace snapfs {

enum class RequestKind : std::uint8_t {
  kLookup,
  kForget,
  kGetattr,
  kReadlink,
  kOpen,
  kRead,
  kLseek,
  kOpendir,
  kReaddir,
  kXattr,
  kStatfs,
  kChange,  ///< anything that would change something
};

inline constexpr std::size_t kRequestKinds = static_cast<std::size_t>(RequestKind::kChange) + 1;

std::string_view name_of(RequestKind kind) noexcept;

/// Thread-safe, without locks: it is on the way of every request.
class RequestStats {
  struct Slot;

 public:
  using Clock = std::chrono::steady_clock;

  /// A request in progress, counted when it ends.
  class Scope {
   public:
    /// `ino` is what is asked about. `stats` must outlive the scope.
    Scope(RequestStats& stats, RequestKind kind, std::uint64_t ino) noexcept;
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    RequestStats& stats_;
    const RequestKind kind_;
    const Clock::time_point begin_;
    Slot* const slot_;  ///< null when there are more requests than slots
  };

  /// How many requests of a kind have been answered.
  std::uint64_t answered(RequestKind kind) const noexcept;

  /// Whether a request of the kind about the inode is being answered. May say so of one that was
  /// just answered, or when there are very many.
  bool is_in_flight(RequestKind kind, std::uint64_t ino) const noexcept;

  /// How many are being answered.
  std::uint64_t in_flight() const noexcept { return in_flight_.load(std::memory_order_relaxed); }

  /// Two blocks of lines, "requests:" and "in flight:", for people; each line ends in a newline.
  std::string text() const;

 private:
  struct Figures {
    std::atomic<std::uint64_t> count{0};
    std::atomic<std::int64_t> total_ns{0};
    std::atomic<std::int64_t> slowest_ns{0};
  };
  /// Written by one request at a time, read by text(), which may see one half of each of two: fine
  /// for a report.
  struct alignas(64) Slot {
    std::atomic<bool> taken{false};
    std::atomic<RequestKind> kind{};
    std::atomic<std::uint64_t> ino{0};
    std::atomic<std::int64_t> begin_ns{0};  ///< 0: no request
  };

  Slot* take_slot(RequestKind kind, std::uint64_t ino, Clock::time_point begin) noexcept;
  void count(RequestKind kind, Clock::duration time) noexcept;

  std::array<Figures, kRequestKinds> figures_;
  std::atomic<std::uint64_t> in_flight_{0};
  std::array<Slot, 64> slots_;
};

}  // namespace snapfs
