#include "cli/option/metrics_options.h"

#include "cli/grammar/command.h"
#include "cli/option/global_options.h"

namespace snapfs {

void add_metrics_option(Command& command, GlobalOptions& options) {
  command.add("Monitoring",
              Option("--metrics", "FILE", &options.metrics_file,
                     "Write how the run ended to FILE, for Prometheus (or SNAPFS_METRICS)")
                  .variable("METRICS"));
}

bool has_metrics(const Command& command) { return command.find_option("metrics") != nullptr; }

}  // namespace snapfs
