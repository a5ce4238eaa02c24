// The directories above the snapshots: which names they hold, worked out from the snapshots alone
// (FORMAT §21). A pure function; inodes are given by VirtualTree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fs/time/time_template.h"
#include "fs/time/timestamp.h"
#include "fs/tree/snapshot.h"

namespace snapfs {

struct VirtualNode;

struct ViewEntry {
  enum class Kind { kDirectory, kSnapshot, kLink };

  std::string name;
  Kind kind = Kind::kDirectory;
  std::size_t snapshot = 0;  ///< index into View::snapshots; snapshots and links
  std::string target;        ///< path of the directory, or what the link says
  std::shared_ptr<const VirtualNode> node = nullptr;  ///< given by VirtualTree
};

struct ViewDirectory {
  std::string path;                ///< without leading slash; empty for the root
  std::vector<ViewEntry> entries;  ///< ascending by name
  /// Of a directory with a link `latest`: the snapshots it may point to, indices into
  /// View::snapshots, ascending. Those of which `at` in it finds one by the time.
  std::vector<std::size_t> snapshots;

  /// Null when there is no such name.
  const ViewEntry* find(std::string_view name) const noexcept;
};

struct View {
  std::uint64_t generation = 0;                      ///< given by VirtualTree; no two are the same
  Timestamp since;                                   ///< likewise
  std::vector<Snapshot> snapshots;                   ///< ascending by (time, ID)
  std::map<std::string, ViewDirectory> directories;  ///< by path; the root is always there
};

/// What makes the directory "snapshots".
inline constexpr std::string_view kSnapshotsTemplate = "snapshots/%T";

/// `ids/%i`, `snapshots/%T`, `hosts/%h/%T`, `tags/%t/%T`, `paths/%h/%p/%T`.
std::span<const std::string_view> default_path_templates() noexcept;

/// `text` as the name of a file: "" and "." become "_", ".." becomes "__", "/" and NUL become "_";
/// cut to 255 bytes.
std::string safe_name(std::string_view text);

/// The paths that a snapshot is of as one name, another one for any other set of them: `home+me`
/// for /home/me, `etc++home` for /etc and /home. What would be mistaken, or breaks in options of
/// mount(8) and in names of hosts (+ % : , backslash), is % and two hexadecimal digits. A name that
/// would be too long ends in % and digits of a digest.
std::string paths_name(const std::vector<std::string>& paths);

/// Lays the snapshots out by path templates. Verbs: %i short ID, %I ID, %u user, %h host, %t each
/// tag, %p paths, %T time as `time` says; %c with any other c is c. A name that is taken gets -1, …
/// A directory whose template ends in %T gets a link `latest` to its newest snapshot. The
/// templates' parts before the first verb exist without snapshots too. `snapshots` is ascending by
/// (time, ID).
View build_view(std::vector<Snapshot> snapshots, std::span<const std::string_view> templates,
                const TimeTemplate& time = {});

}  // namespace snapfs
