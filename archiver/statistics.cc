#include "archiver/statistics.h"

namespace snapfs {

ChangeKind change_of(const Node& node, const std::optional<Node>& previous) {
  if (!previous) return ChangeKind::kNew;
  return node == *previous ? ChangeKind::kUnmodified : ChangeKind::kChanged;
}

void Statistics::Changes::count(ChangeKind change) noexcept {
  switch (change) {
    case ChangeKind::kNew:
      ++added;
      break;
    case ChangeKind::kChanged:
      ++changed;
      break;
    case ChangeKind::kUnmodified:
      ++unmodified;
      break;
  }
}

void Statistics::count_file(ChangeKind change, std::uint64_t bytes) noexcept {
  files_.count(change);
  file_bytes_ += bytes;
}

void Statistics::count_directory(ChangeKind change) noexcept { directories_.count(change); }

void Statistics::count_new_data(std::uint64_t plaintext_bytes) noexcept {
  ++data_blobs_;
  added_bytes_ += plaintext_bytes;
}

void Statistics::count_new_tree(std::uint64_t plaintext_bytes) noexcept {
  ++tree_blobs_;
  added_bytes_ += plaintext_bytes;
}

void Statistics::write_to(SnapshotSummary& summary) const noexcept {
  summary.files_new = files_.added;
  summary.files_changed = files_.changed;
  summary.files_unmodified = files_.unmodified;
  summary.dirs_new = directories_.added;
  summary.dirs_changed = directories_.changed;
  summary.dirs_unmodified = directories_.unmodified;
  summary.data_blobs = data_blobs_;
  summary.tree_blobs = tree_blobs_;
  summary.data_added = added_bytes_;
  summary.total_files_processed = files_.added + files_.changed + files_.unmodified;
  summary.total_bytes_processed = file_bytes_;
}

}  // namespace snapfs
