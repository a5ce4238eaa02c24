// What a run did with one file or directory, for --verbose and --json, item by item.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace snapfs {

/// How a file or directory relates to the parent snapshot.
enum class ChangeKind { kNew, kChanged, kUnmodified };

/// What blobs that the repository did not have added to it.
struct AddedBytes {
  std::uint64_t plain = 0;   ///< before compression
  std::uint64_t packed = 0;  ///< sealed, with the entry in the pack's header

  AddedBytes& operator+=(const AddedBytes& more) noexcept {
    plain += more.plain;
    packed += more.packed;
    return *this;
  }
  friend bool operator==(const AddedBytes&, const AddedBytes&) = default;
};

/// A file or directory that is done: all it consists of was handed to the packs.
struct ItemReport {
  std::string path{};  ///< on disk, as the source calls it
  bool is_directory = false;
  ChangeKind change = ChangeKind::kUnmodified;
  std::chrono::steady_clock::duration elapsed{0};  ///< 0 for a file that was taken over unread
  AddedBytes data{};                               ///< of a file's content
  AddedBytes metadata{};                           ///< of a directory's tree
};

}  // namespace snapfs
