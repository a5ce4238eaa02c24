// What a disk may hold after its power failed, given what a program did to the files on it: the
// least that POSIX promises, and what journaling file systems promise beside.
//
// * What was written to a file, and its size, are certain once the file was synced (fsync(2) of
//   it). Before that any part of it may be there: nothing, all, a shorter file, a file of full
//   length with sectors of zeros, or of what was there before.
// * A name in a directory is certain once the directory was synced. Before that each name that was
//   made or removed may be as it was, or as it is now, whatever became of the others, and in
//   whatever order they were made. Syncing a file makes no name of it certain. Only a rename is one
//   thing: the old name does not go without the new one being there.
// * A directory of which the name is not there takes everything in it along.
//
// A file system that orders its changes (ext4, XFS, Btrfs) reaches fewer states than these; none
// of ours reaches more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/crash/file_event.h"

namespace snapfs::test {

enum class EntryType { kFile, kDirectory, kLink };

/// What a name stands for in a state of the disk.
struct DiskEntry {
  EntryType type = EntryType::kFile;
  std::shared_ptr<const std::string> content = {};  ///< a file's bytes, or where a link leads
};

/// By path, relative to the directory that was watched; directories come before what is in them.
using DiskState = std::map<std::string, DiskEntry>;

/// What becomes of one thing that is not certain.
struct Fate {
  enum class Kind { kLost, kKept, kShortened, kZeroed, kTorn };
  Kind kind = Kind::kLost;
  std::uint64_t seed = 0;  ///< of the length, or of which sectors there are
};

class DiskModel {
 public:
  /// What events call `root`, as `before` is: all of that is certain. It need not exist.
  DiskModel(std::string root, const std::string& before);
  ~DiskModel();
  DiskModel(const DiskModel&) = delete;
  DiskModel& operator=(const DiskModel&) = delete;

  /// Throws std::logic_error for an event that does not fit what is there.
  void apply(const FileEvent& event);

  /// How many things are not certain now. They are numbered in the order in which they became so.
  std::size_t uncertain() const;
  /// Whether the thing is bytes of a file, which can be there in part, not a name.
  bool is_content(std::size_t thing) const;

  /// The disk after the power fails now; a fate for each thing that is not certain. A rename that
  /// is half lost loses the half of which POSIX lets it be lost. Nothing when the watched
  /// directory itself is not there.
  std::optional<DiskState> after_cut(const std::vector<Fate>& fates) const;

 private:
  class Tree;
  std::unique_ptr<Tree> tree_;
};

/// The fates that are tried at one moment: everything lost, everything kept; each thing lost while
/// all others are kept, and the other way round, in each way in which it can be lost; and `draws`
/// combinations drawn by lot. When nothing is uncertain, there is one. Of many things a few are
/// taken one by one: the newest, and some by lot.
std::vector<std::vector<Fate>> fates_to_try(const DiskModel& model, std::size_t draws,
                                            std::uint64_t seed);

}  // namespace snapfs::test
