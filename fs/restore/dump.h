// A file of a snapshot, or a directory as an archive, written into a stream.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "fs/base/byte_sink.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/restore/archive_writer.h"
#include "fs/tree/node.h"

namespace snapfs {

class Fetcher;
class Repository;

/// Writes a file's content. Throws what Repository::load_blob and the sink throw.
void dump_file(Repository& repository, const Node& file, const ByteSink& sink, StopToken stop);

/// The same for one of many files, which share a fetcher. Several threads may do so at once.
void dump_file(Fetcher& fetcher, const Node& file, const ByteSink& sink, const StopToken& stop);

/// A directory to write as an archive.
struct DumpedDirectory {
  Id tree;
  std::string path;          ///< that entries have in front, without slashes around; may be empty
  std::optional<Node> node;  ///< its own entry; nothing for the root of a snapshot
};

/// Told of an entry, or of something about one, that is not in the archive. What the format has no
/// place for, such as a socket, is `expected`; anything else is an error of that entry.
using LeftOut = std::function<void(std::string_view path, std::string_view reason, bool expected)>;

/// Writes the directory, and all that is below it, in the order of paths. Names of one file are
/// links of the first one. Throws what Repository::load_blob, load_tree and the sink throw: the
/// archive is not complete then.
void dump_directory(Repository& repository, const DumpedDirectory& directory, ArchiveFormat format,
                    const ByteSink& sink, const LeftOut& left_out, StopToken stop);

}  // namespace snapfs
