// What a snapshot was taken of, as it is now: whether it still is what was recorded, and if so,
// whether it has the same content. It reads the source, and never changes it.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

#include "fs/base/bytes.h"
#include "fs/base/file.h"
#include "fs/time/timestamp.h"
#include "fs/tree/node.h"

namespace snapfs {

/// One item at its place. Not thread-safe.
class OriginalItem {
 public:
  enum class State : std::uint8_t {
    kSame,     ///< the system says that nothing happened to it since
    kChanged,  ///< it is another one, or was changed, since the snapshot or while it was compared
    kGone,
    kClosed,  ///< nobody can tell: it may not be looked at or read
  };

  /// Looks at what is at `path`. `start` is when the snapshot was begun: what was changed later is
  /// kChanged, whatever was recorded. `node` must outlive it.
  OriginalItem(std::string path, const Node& node, const Timestamp& start);

  State state() const noexcept { return state_; }

  /// Why it is kClosed.
  const std::string& reason() const noexcept { return reason_; }

  /// The first thing of the node's metadata that the item has otherwise, in words: "its
  /// permissions"; empty when there is none. To be asked of what is kSame.
  std::string other_metadata() const;

  /// Compares the next bytes of the content. False from the first difference on. When the file
  /// cannot be read, it is kClosed.
  bool matches_next(ByteView bytes);

  /// Looks once more, after a difference: kChanged if it was changed meanwhile.
  void look_again();

 private:
  bool is_same(const struct stat& status) const;
  void close(int error, const char* action);

  const std::string path_;
  const Node& node_;
  const Timestamp start_;
  State state_ = State::kSame;
  std::string reason_;
  struct stat status_ {};
  UniqueFd fd_;
  std::uint64_t offset_ = 0;
  bool matches_ = true;
  Bytes buffer_;
};

/// Where a symbolic link leads. Throws Error.
std::string read_link_target(const std::string& path);

/// The first thing of the metadata that an item with this status at `path` has otherwise than the
/// node, in words; empty when there is none. Owners are compared if `owners`. Times are not.
std::string other_metadata(const Node& node, const struct stat& status, const std::string& path,
                           bool owners);

}  // namespace snapfs
