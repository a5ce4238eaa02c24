// How far a long piece of maintenance has come, step by step.
#pragma once

#include <cstdint>
#include <string_view>

namespace snapfs {

/// Hears of it; by default nobody cares. advance() is called by several threads at once, the others
/// by one.
class MaintenanceProgress {
 public:
  virtual ~MaintenanceProgress() = default;

  /// A step begins, and the one before is over. `step` says what is done, such as "repacking";
  /// `units` what is counted, such as "packs"; `total` is 0 when nobody knows how many.
  virtual void begin(std::string_view /*step*/, std::string_view /*units*/,
                     std::uint64_t /*total*/) {}

  virtual void advance(std::uint64_t /*count*/ = 1) noexcept {}

  /// Something the user should know although the work goes on.
  virtual void warn(std::string_view /*message*/) {}
};

}  // namespace snapfs
