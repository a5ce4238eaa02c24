#include "cli/output/metrics_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

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

/// Held while the file is read and replaced, which takes no time. A lock on the file itself would
/// go with it. Where it cannot be had, because the file system knows none or somebody does not give
/// it back, the last of two runs that end at once wins.
UniqueFd lock_directory_of(const std::string& path) {
  constexpr std::chrono::seconds kPatience{5};
  constexpr std::chrono::milliseconds kPause{20};
  const std::string directory = parent_directory(path);
  UniqueFd fd = open_file(directory, O_RDONLY | O_DIRECTORY);
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(kPause);
    } else if (errno != EINTR) {
      break;
    }
  }
  return fd;
}

/// What the path leads to, which is what takes the place of it, and its permissions. Only a regular
/// file may be replaced: a device would be gone, and a pipe has nothing to be read first.
struct Place {
  std::string path;
  unsigned mode = kMode;
};

Place place_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) throw_errno(errno, "look at", path);
    return {path};
  }
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} is no regular file, and is left as it is: metrics are written to a "
                            "file of their own",
                            path),
                path);
  }
  return {std::filesystem::canonical(path).string(), status.st_mode & 0777};
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
  const Place place = place_of(path);
  const UniqueFd lock = lock_directory_of(place.path);
  MetricSet metrics = read_metrics(place.path);
  metrics.update(newer, [&run](const MetricLabels& labels) { return run.replaces(labels); });
  const std::string text = metrics.text();
  DurableFile file(place.path);
  file.write(as_bytes(text));
  file.publish(place.mode);
}

}  // namespace snapfs
