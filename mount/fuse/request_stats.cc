// Counting without locks.
#include "mount/fuse/request_stats.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <thread>

namespace snapfs {

namespace {

constexpr std::array<std::string_view, kRequestKinds> kNames = {
    "lookup", "forget",  "getattr", "readlink", "open",   "read",
    "lseek",  "opendir", "readdir", "xattr",    "statfs", "change"};

std::int64_t nanoseconds(RequestStats::Clock::duration time) noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
}

template <class... Values>
void append_line(std::string& text, const char* format, Values... values) {
  char line[160];
  std::snprintf(line, sizeof line, format, values...);
  text += line;
}

}  // namespace

std::string_view name_of(RequestKind kind) noexcept {
  return kNames[static_cast<std::size_t>(kind)];
}

RequestStats::Scope::Scope(RequestStats& stats, RequestKind kind, std::uint64_t ino) noexcept
    : stats_(stats), kind_(kind), begin_(Clock::now()), slot_(stats.take_slot(kind, ino, begin_)) {
  stats_.in_flight_.fetch_add(1, std::memory_order_relaxed);
}

RequestStats::Scope::~Scope() {
  stats_.count(kind_, Clock::now() - begin_);
  stats_.in_flight_.fetch_sub(1, std::memory_order_relaxed);
  if (slot_ == nullptr) return;
  slot_->begin_ns.store(0, std::memory_order_relaxed);
  slot_->taken.store(false, std::memory_order_release);
}

RequestStats::Slot* RequestStats::take_slot(RequestKind kind, std::uint64_t ino,
                                            Clock::time_point begin) noexcept {
  // A thread begins where it usually finds its slot free.
  static thread_local const std::size_t first =
      std::hash<std::thread::id>{}(std::this_thread::get_id());
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[(first + i) % slots_.size()];
    if (slot.taken.exchange(true, std::memory_order_acquire)) continue;
    slot.kind.store(kind, std::memory_order_relaxed);
    slot.ino.store(ino, std::memory_order_relaxed);
    slot.begin_ns.store(nanoseconds(begin.time_since_epoch()), std::memory_order_relaxed);
    return &slot;
  }
  return nullptr;
}

void RequestStats::count(RequestKind kind, Clock::duration time) noexcept {
  Figures& figures = figures_[static_cast<std::size_t>(kind)];
  const std::int64_t took = nanoseconds(time);
  figures.count.fetch_add(1, std::memory_order_relaxed);
  figures.total_ns.fetch_add(took, std::memory_order_relaxed);
  std::int64_t slowest = figures.slowest_ns.load(std::memory_order_relaxed);
  while (took > slowest && !figures.slowest_ns.compare_exchange_weak(slowest, took)) {
  }
}

std::uint64_t RequestStats::answered(RequestKind kind) const noexcept {
  return figures_[static_cast<std::size_t>(kind)].count.load(std::memory_order_relaxed);
}

bool RequestStats::is_in_flight(RequestKind kind, std::uint64_t ino) const noexcept {
  if (in_flight() > slots_.size()) return true;
  return std::ranges::any_of(slots_, [&](const Slot& slot) {
    return slot.begin_ns.load(std::memory_order_relaxed) != 0 &&
           slot.ino.load(std::memory_order_relaxed) == ino &&
           slot.kind.load(std::memory_order_relaxed) == kind;
  });
}

std::string RequestStats::text() const {
  std::string text = "requests:\n";
  for (std::size_t i = 0; i < kRequestKinds; ++i) {
    const std::uint64_t count = figures_[i].count.load(std::memory_order_relaxed);
    if (count == 0) continue;
    const double mean_ns =
        static_cast<double>(figures_[i].total_ns.load()) / static_cast<double>(count);
    append_line(text, "  %-10s %12llu, mean %.0f us, slowest %.0f us\n", kNames[i].data(),
                static_cast<unsigned long long>(count), mean_ns / 1e3,
                static_cast<double>(figures_[i].slowest_ns.load()) / 1e3);
  }
  text += "in flight:\n";
  const std::int64_t now = nanoseconds(Clock::now().time_since_epoch());
  for (const Slot& slot : slots_) {
    const std::int64_t begin = slot.begin_ns.load(std::memory_order_relaxed);
    if (begin == 0) continue;
    append_line(text, "  %-10s inode %llu, for %.1f s\n", name_of(slot.kind.load()).data(),
                static_cast<unsigned long long>(slot.ino.load()),
                static_cast<double>(now - begin) / 1e9);
  }
  return text;
}

}  // namespace snapfs
