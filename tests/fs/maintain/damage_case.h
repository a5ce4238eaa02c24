// Ways in which one stored file may come to be another one than was stored, counted so that each
// has a number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fs/backend/memory.h"

namespace snapfs::test {

/// What is done to a file. `place` is a bit, a byte, a length or a file of the same kind.
struct DamageCase {
  enum class Kind {
    kBit,        ///< one is flipped
    kCut,        ///< the file ends at the place
    kLeftOut,    ///< the byte is left out
    kDoubled,    ///< the byte is there twice
    kSwapped,    ///< the byte and the next one have changed places
    kGone,       ///< the file is not there
    kTwice,      ///< the file is there twice, one behind the other
    kMisnamed,   ///< the file is there once more, under a name that is not its own
    kExchanged,  ///< the file and the other one have changed places
  };

  FileKey file;
  Kind kind = Kind::kBit;
  std::uint64_t place = 0;

  /// "index 1a2b3c4d, byte 17 left out".
  std::string text() const;
};

/// All of them for the files of a repository: every bit of every file, but of packs larger than
/// `most_bits_of` bytes only one bit of each byte.
class DamageCases {
 public:
  /// The backend is read once.
  DamageCases(Backend& repository, std::uint64_t most_bits_of);

  std::uint64_t count() const noexcept { return count_; }

  /// `number` is below count().
  DamageCase at(std::uint64_t number) const;

  /// Whether anything is another thing then: not where two bytes are swapped that are the same.
  bool changes_anything(const DamageCase& one) const;

  /// Stores what the case makes of the sound files.
  void apply(const DamageCase& one, Backend& repository) const;

  /// Stores the sound files again; changes nothing where nothing was damaged.
  void undo(const DamageCase& one, Backend& repository) const;

 private:
  struct File {
    FileKey key;
    Bytes sound;
    bool each_bit = true;
    std::vector<FileKey> others = {};  ///< of the same kind
  };
  struct Run {
    std::size_t file = 0;
    DamageCase::Kind kind = DamageCase::Kind::kBit;
    std::uint64_t first = 0;  ///< the number of its first case
  };

  void add(std::size_t file, DamageCase::Kind kind, std::uint64_t cases);
  const File& file(const FileKey& key) const;

  std::vector<File> files_;
  std::vector<Run> runs_;
  std::uint64_t count_ = 0;
};

}  // namespace snapfs::test
