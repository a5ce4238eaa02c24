#include "archiver/scanner.h"

#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "fs/base/stop_token.h"

namespace snapfs {
namespace {

class Scan {
 public:
  Scan(const Selection& selection, Progress& progress, StopToken stop)
      : selection_(selection), progress_(progress), stop_(std::move(stop)) {}

  void target(const TargetNode& target, const SourceDir& above) {
    if (target.leaf) return item(above, target.on_disk_name, target.device, target.is_explicit);
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
  void item(const SourceDir& directory, const std::string& name, std::uint64_t device,
            bool is_explicit = false) {
    if (stop_.stop_requested() || depth_ == kMaxDirectoryDepth) return;
    quietly([&] {
      const SourceMetadata metadata = directory.lstat(name);
      if (!is_explicit && selection_.rejects(directory, name, metadata, device, unobserved_)) {
        return;
      }
      if (metadata.is_file()) {
        ++progress_.files_total;
        progress_.bytes_total += metadata.size;
      } else if (metadata.is_directory()) {
        const std::unique_ptr<SourceDir> below = directory.open_dir(name);
        std::vector<std::string> names = below->list();
        selection_.keep_selected(*below, names, unobserved_);
        ++depth_;
        for (const std::string& entry : names) item(*below, entry, device);
        --depth_;
      }
    });
  }

  const Selection& selection_;
  UnobservedSelection unobserved_;  // the walker asks the same, and tells
  Progress& progress_;
  StopToken stop_;
  std::size_t depth_ = 0;
};

void scan(const SourceFs& source, const TargetTree& targets, const Selection& selection,
          Progress& progress, const StopToken& stop) {
  try {
    Scan scan(selection, progress, stop);
    for (const TargetRoot& root : targets.roots) {
      Scan::quietly([&] { scan.target(root.node, *source.enter(root.base)); });
    }
    if (!stop.stop_requested()) progress.finish_scan();
  } catch (const std::exception&) {
    // No descriptors left, or no memory: there is no total then. If it is serious the walk fails.
  }
}

}  // namespace

Scanner::Scanner(const SourceFs& source, const TargetTree& targets, const Selection& selection,
                 Progress& progress) {
  try {
    thread_ = std::jthread([&source, &targets, &selection, &progress](const StopToken& stop) {
      scan(source, targets, selection, progress, stop);
    });
  } catch (const std::system_error&) {
    // Then there is no total.
  }
}

}  // namespace snapfs
