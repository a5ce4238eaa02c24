#include "archiver/statistics.h"

#include "fs/base/error.h"
#include "fs/tree/tree_reader.h"

namespace snapfs {

ChangeKind change_of(std::string_view json, std::string_view previous) {
  if (previous.empty()) return ChangeKind::kNew;
  if (json == previous) return ChangeKind::kUnmodified;
  try {
    if (parse_node(json) == parse_node(previous)) return ChangeKind::kUnmodified;
  } catch (const Error&) {
    // Damaged, so it has changed.
  }
  return ChangeKind::kChanged;
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

void Statistics::count_unmodified_files(std::uint64_t files, std::uint64_t bytes) noexcept {
  if (files == 0) return;
  files_.unmodified += files;
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
