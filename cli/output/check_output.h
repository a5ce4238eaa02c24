// What "check" shows: a line for each stage and each finding, and at the end what to do.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cli/output/work_progress.h"
#include "fs/maintain/check.h"

namespace snapfs {

struct GlobalOptions;

/// Errors on standard error, in text or JSON; notes on standard output in text, beside the errors
/// in JSON, and not at all with --quiet; stages on standard output, in text only.
class CheckOutput final : public CheckListener {
 public:
  /// `options` must outlive it.
  explicit CheckOutput(const GlobalOptions& options) : options_(options), progress_(options) {}

  void begin(std::string_view step, std::string_view units, std::uint64_t total) override {
    progress_.begin(step, units, total);
  }
  void advance(std::uint64_t count) noexcept override { progress_.advance(count); }
  void warn(std::string_view message) override;
  void error(std::string_view message) override;

 private:
  const GlobalOptions& options_;
  WorkProgress progress_;
};

/// {"message_type":"error","message":…} or "note", without a newline.
std::string check_message_json(std::string_view type, std::string_view message);

/// {"message_type":"summary","num_errors":…}, without a newline.
std::string check_summary_json(const CheckVerdict& verdict);

/// How many packs' data was read, with a newline; empty when none was to be.
std::string what_was_read(const CheckVerdict& verdict);

/// The commands that repair what was found, one a line, in the order in which to run them; empty
/// when there is nothing to repair. `sources` is what is still there of what snapshots were taken
/// of: another snapshot of it stores what was lost, once the index does not claim it any more.
std::string repair_advice(const CheckVerdict& verdict, std::span<const std::string> sources = {});

/// The summary, or the advice, or that all is well.
void print_check_result(const GlobalOptions& options, const CheckVerdict& verdict,
                        std::span<const std::string> sources);

}  // namespace snapfs
