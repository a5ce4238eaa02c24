#include "cli/output/work_progress.h"

#include <string>
#include <utility>

#include "cli/option/global_options.h"
#include "cli/output/output.h"

namespace snapfs {

using std::chrono::steady_clock;

WorkProgress::WorkProgress(const GlobalOptions& options)
    : options_(options),
      reporter_(options.json ? ProgressStyle::kNone : choose_progress_style(false, options.quiet),
                progress_interval(), [this] { return figures(); }) {}

void WorkProgress::begin(std::string_view step, std::string_view units, std::uint64_t total) {
  if (!options_.json && !options_.quiet) {
    interject([&] { print(std::string(step) + "\n"); });
  }
  ProgressFigures figures;
  figures.unit = units;
  if (total > 0) figures.files_total = total;
  *figures_.lock() = std::move(figures);
  *start_.lock() = steady_clock::now();
}

void WorkProgress::advance(std::uint64_t count) noexcept { figures_.lock()->files_done += count; }

void WorkProgress::warn(std::string_view message) {
  interject([&] { print_warning(options_.json, "", message); });
}

ProgressFigures WorkProgress::figures() const {
  ProgressFigures figures = *figures_.lock();
  figures.elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - *start_.lock());
  return figures;
}

}  // namespace snapfs
