#include "archiver/scanner.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "fs/base/stop_token.h"

namespace snapfs {
namespace {

class Scan {
 public:
  Scan(Progress& progress, StopToken stop) : progress_(progress), stop_(std::move(stop)) {}

  void target(const TargetNode& target, const SourceDir& above) {
    if (target.leaf) return item(above, target.on_disk_name);
    quietly([&] {
      const std::unique_ptr<SourceDir> directory = above.enter(target.on_disk_name);
      for (const TargetNode& child : target.children) this->target(child, *directory);
    });
  }

  template <class Action>
  static void quietly(const Action& action) {
    try {
      action();
    } catch (const SourceError&) {
      // The walker will meet it and report it.
    }
  }

 private:
  void item(const SourceDir& directory, const std::string& name) {
    if (stop_.stop_requested() || depth_ == kMaxDirectoryDepth) return;
    quietly([&] {
      const Metadata metadata = directory.lstat(name);
      if (metadata.is_file()) {
        ++progress_.files_total;
        progress_.bytes_total += metadata.size;
      } else if (metadata.is_directory()) {
        const std::unique_ptr<SourceDir> below = directory.open_dir(name);
        const std::vector<std::string> names = below->list();
        ++depth_;
        for (const std::string& entry : names) item(*below, entry);
        --depth_;
      }
    });
  }

  Progress& progress_;
  StopToken stop_;
  std::size_t depth_ = 0;
};

void scan(const SourceFs& source, const TargetTree& targets, Progress& progress,
          const StopToken& stop) {
  Scan scan(progress, stop);
  for (const TargetRoot& root : targets.roots) {
    Scan::quietly([&] { scan.target(root.node, *source.enter(root.base)); });
  }
  if (!stop.stop_requested()) progress.scan_complete = true;
}

}  // namespace

Scanner::Scanner(const SourceFs& source, const TargetTree& targets, Progress& progress)
    : thread_([&source, &targets, &progress](const StopToken& stop) {
        scan(source, targets, progress, stop);
      }) {}

}  // namespace snapfs
