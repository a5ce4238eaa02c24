// The numbers of a run that its snapshot's summary records (FORMAT §11).
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "archiver/item_report.h"
#include "fs/tree/snapshot.h"

namespace snapfs {

/// How the node's JSON relates to that of the node of the same name in the parent snapshot, which
/// is empty if there is none. Nodes that only are written differently count as the same.
ChangeKind change_of(std::string_view json, std::string_view previous);

/// Thread-safe counters.
class Statistics {
 public:
  void count_file(ChangeKind change, std::uint64_t bytes) noexcept;
  void count_unmodified_files(std::uint64_t files, std::uint64_t bytes) noexcept;
  void count_directory(ChangeKind change) noexcept;
  void count_new_data(std::uint64_t plaintext_bytes) noexcept;
  void count_new_tree(std::uint64_t plaintext_bytes) noexcept;

  /// Fills the counts of `summary`; the times and the packed size are the caller's.
  void write_to(SnapshotSummary& summary) const noexcept;

 private:
  using Counter = std::atomic<std::uint64_t>;

  struct Changes {
    Counter added = 0;
    Counter changed = 0;
    Counter unmodified = 0;

    void count(ChangeKind change) noexcept;
  };

  Changes files_;
  Changes directories_;
  Counter file_bytes_ = 0;
  Counter data_blobs_ = 0;
  Counter tree_blobs_ = 0;
  Counter added_bytes_ = 0;
};

}  // namespace snapfs
