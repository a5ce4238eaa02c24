// Content streams past and is compared as it comes: no file is ever held as a whole.
#include "fs/drill/drill.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "fs/base/core_count.h"
#include "fs/base/error.h"
#include "fs/base/parallel.h"
#include "fs/base/path.h"
#include "fs/drill/original_item.h"
#include "fs/drill/restored_file.h"
#include "fs/drill/source_place.h"
#include "fs/fetch/fetcher.h"
#include "fs/repo/repository.h"
#include "fs/restore/dump.h"
#include "fs/restore/restore.h"

namespace snapfs {
namespace {

struct Finding {
  DrillOutcome outcome = DrillOutcome::kUncompared;
  std::string reason;
};

std::optional<OriginalItem> look_at_source(const std::optional<DrillSource>& source,
                                           const SampledItem& item) {
  std::optional<OriginalItem> found;
  if (!source) return found;
  const std::vector<std::string> places =
      source_places(source->folder + item.path, source->targets);
  const std::string* likeliest = nullptr;
  for (const std::string& place : places) {
    found.emplace(place, item.node, source->start);
    if (found->state() == OriginalItem::State::kSame) return found;
    if (likeliest == nullptr && found->state() != OriginalItem::State::kGone) likeliest = &place;
  }
  if (likeliest != nullptr) found.emplace(*likeliest, item.node, source->start);
  return found;
}

/// Of an item that came back, and whose content is the source's or not.
Finding compared(OriginalItem* source, bool same_content) {
  if (source == nullptr) return {};
  if (source->state() == OriginalItem::State::kSame) {
    const std::string other = source->other_metadata();
    if (same_content && other.empty()) return {DrillOutcome::kCompared, ""};
    source->look_again();
    if (source->state() == OriginalItem::State::kSame) {
      return {
          DrillOutcome::kDifferent,
          fmt::format("{} differs from the source, though that was not changed since the snapshot",
                      same_content ? other : "its content")};
    }
  }
  switch (source->state()) {
    case OriginalItem::State::kGone:
      return {DrillOutcome::kGone, ""};
    case OriginalItem::State::kClosed:
      return {DrillOutcome::kClosed, source->reason()};
    case OriginalItem::State::kSame:
    case OriginalItem::State::kChanged:
      break;
  }
  return {DrillOutcome::kChanged, ""};
}

/// What `work` finds; an error of the item is its finding.
template <class Work>
Finding finding_of(const Work& work) {
  try {
    return work();
  } catch (const Error& error) {
    if (error.ends_the_run()) throw;
    return {DrillOutcome::kUnreadable, error.what()};
  } catch (const std::bad_alloc&) {
    return {DrillOutcome::kUnreadable, current_error().what()};
  }
}

Finding read_to_memory(Fetcher& fetcher, const SampledItem& item,
                       const std::optional<DrillSource>& from, DrillListener& listener,
                       const StopToken& stop) {
  std::optional<OriginalItem> source = look_at_source(from, item);
  bool same = true;
  if (item.node.type == NodeType::kFile) {
    std::uint64_t size = 0;
    const auto take = [&](ByteView bytes) {
      size += bytes.size();
      listener.bytes_restored += bytes.size();
      if (source) same = source->matches_next(bytes) && same;
    };
    dump_file(fetcher, item.node, take, stop);
    if (size != item.node.size) {
      return {DrillOutcome::kDifferent,
              fmt::format("its content has {} bytes, and its entry in the snapshot says {}", size,
                          item.node.size)};
    }
  }
  return compared(source ? &*source : nullptr, same);
}

/// Keeps what a restore says of single items.
class RestoreFailures final : public RestoreProgress {
 public:
  explicit RestoreFailures(DrillListener& listener) : listener_(listener) {}

  bool wants_items() const noexcept override { return true; }
  void show_item(const RestoredItem& item) override { listener_.bytes_restored += item.size; }
  void report_warning(const std::string& /*path*/, const std::string& /*message*/) override {}

  /// By path. To be asked when the restore is over.
  std::map<std::string, std::string> take() && { return std::move(failures_); }

 private:
  void show_error(const std::string& path, const std::string& message) override {
    const std::lock_guard lock(mutex_);
    failures_.emplace(path, message);
  }

  DrillListener& listener_;
  std::mutex mutex_;
  std::map<std::string, std::string> failures_;
};

void require_empty(const std::string& target) {
  std::error_code error;
  const bool empty = std::filesystem::is_empty(target, error);
  if (error == std::errc::no_such_file_or_directory || (!error && empty)) return;
  if (error) throw_errno(error.value(), "look into", target);
  throw Error(ErrorCode::kUsage,
              fmt::format("{} is not empty: a drill restores to a directory with nothing in it, so "
                          "name another one, or one that is not there yet",
                          target),
              target);
}

/// What a restore of the sample selects.
std::function<Selected(const std::string&, bool)> selection_of(const Sample& sample) {
  std::set<std::string> items;
  std::set<std::string> above;
  for (const SampledItem& item : sample.items) {
    items.insert(item.path);
    for (std::size_t slash = item.path.rfind('/'); slash != 0 && slash != std::string::npos;
         slash = item.path.rfind('/', slash - 1)) {
      if (!above.insert(item.path.substr(0, slash)).second) break;
    }
  }
  return [items = std::move(items), above = std::move(above)](const std::string& path,
                                                              bool is_directory) {
    return Selected{items.contains(path), is_directory && above.contains(path)};
  };
}

Finding look_at_restored(const std::string& path, const SampledItem& item,
                         const std::optional<DrillSource>& from, const StopToken& stop) {
  const std::string wrong = wrong_with_restored(path, item.node);
  if (!wrong.empty()) return {DrillOutcome::kDifferent, wrong};
  std::optional<OriginalItem> source = look_at_source(from, item);
  bool same = true;
  if (source && source->state() == OriginalItem::State::kSame &&
      item.node.type == NodeType::kFile) {
    same = has_content_of_source(path, *source, stop);
  }
  return compared(source ? &*source : nullptr, same);
}

}  // namespace

void drill_to_memory(Repository& repository, const Sample& sample,
                     const std::optional<DrillSource>& source, DrillListener& listener,
                     const StopToken& stop) {
  Fetcher fetcher(repository);
  const auto drill = [&](const SampledItem& item) {
    throw_if_stopped(stop);
    const Finding finding =
        finding_of([&] { return read_to_memory(fetcher, item, source, listener, stop); });
    listener.item(item.path, finding.outcome, finding.reason);
  };
  // Most files are small: where storage is far away each is a wait.
  parallel_for_each(sample.items, drill, std::max<std::size_t>(core_count(), fetcher.requests()));
}

void drill_to_directory(Repository& repository, const Id& tree, const Sample& sample,
                        const std::string& target, const std::optional<DrillSource>& source,
                        DrillListener& listener, const StopToken& stop) {
  require_empty(target);
  RestoreOptions options;
  options.verify = true;
  options.select = selection_of(sample);
  RestoreFailures progress(listener);
  restore_tree(repository, tree, target, options, progress, stop);
  std::map<std::string, std::string> failures = std::move(progress).take();
  for (const SampledItem& item : sample.items) {
    throw_if_stopped(stop);
    const auto failure = failures.extract(item.path);
    const Finding finding = finding_of([&] {
      if (failure) return Finding{DrillOutcome::kUnreadable, failure.mapped()};
      return look_at_restored(target + item.path, item, source, stop);
    });
    listener.item(item.path, finding.outcome, finding.reason);
  }
  // Of directories on the way to what was sampled.
  for (const auto& [path, reason] : failures) {
    listener.item(path, DrillOutcome::kUnreadable, reason);
  }
}

}  // namespace snapfs
