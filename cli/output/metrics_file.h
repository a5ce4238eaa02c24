// The file that node_exporter's textfile collector reads: metrics of one run after the other, each
// beside those of other commands and repositories.
#pragma once

#include <string>

#include "fs/base/metric_set.h"

namespace snapfs {

class RunMetrics;

/// Puts `newer`, the metrics of `run`, into the file, in place of what an earlier run of the same
/// command and profile on the same repository said; what others said stays. The file is replaced as
/// a whole, with permissions 0644; it is never seen half written, and two runs that end at once do
/// not lose each other's. Throws Error, and leaves the file as it is: when it cannot be read or
/// written, or holds something that is not ours.
void update_metrics_file(const std::string& path, const RunMetrics& run, const MetricSet& newer);

}  // namespace snapfs
