#include "cli/output/metrics_file.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include <fmt/format.h>

#include "cli/output/run_metrics.h"
#include "fs/base/bytes.h"
#include "fs/base/durable_file.h"
#include "fs/base/error.h"
#include "fs/base/file.h"

namespace snapfs {
namespace {

constexpr std::uint64_t kMostBytes = 16 << 20;
constexpr unsigned kMode = 0644;

/// Held while the file is read and replaced. A lock on the file itself would go with it.
UniqueFd lock_directory_of(const std::string& path) {
  const std::string directory = parent_directory(path);
  UniqueFd fd = open_file(directory, O_RDONLY | O_DIRECTORY);
  while (::flock(fd.get(), LOCK_EX) != 0) {
    // Where file systems know no locks, the last of two runs that end at once wins.
    if (errno == ENOLCK || errno == EOPNOTSUPP || errno == EINVAL) break;
    if (errno != EINTR) throw_errno(errno, "lock the directory", directory);
  }
  return fd;
}

MetricSet read_metrics(const std::string& path) {
  try {
    return MetricSet::parse(as_text(read_file(path, kMostBytes)));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNotFound) return {};
    if (error.code() != ErrorCode::kUnsupported) throw;
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} holds something else than metrics of snapfs ({}), and is left as "
                            "it is: give another file, or remove it",
                            path, error.what()),
                path);
  }
}

}  // namespace

void update_metrics_file(const std::string& path, const RunMetrics& run, const MetricSet& newer) {
  const UniqueFd lock = lock_directory_of(path);
  MetricSet metrics = read_metrics(path);
  metrics.update(newer, [&run](const MetricLabels& labels) { return run.replaces(labels); });
  const std::string text = metrics.text();
  DurableFile file(path);
  file.write(as_bytes(text));
  file.publish(kMode);
}

}  // namespace snapfs
