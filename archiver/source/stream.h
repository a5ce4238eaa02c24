// A source whose single file is read from a stream, such as standard input, instead of a disk
// (FORMAT §13.8).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "archiver/source/source_fs.h"
#include "fs/base/stop_token.h"

namespace snapfs {

/// Bytes that come one after the other. Used by one thread at a time; may move between threads.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  /// At least one byte, or 0 at the end. Throws Error when the rest cannot be had: what was read is
  /// then not worth keeping.
  virtual std::size_t read(MutByteView out) = 0;
};

/// Reads the descriptor, which stays the caller's and must outlive the stream. Waiting for data
/// ends with Error{kCancelled} when `stop` is requested. `name` is for messages.
std::unique_ptr<ByteStream> make_descriptor_stream(int fd, std::string name, StopToken stop);

/// How the stream is come by, when its file is opened. Called at most once. May throw Error.
using OpenStream = std::function<std::unique_ptr<ByteStream>()>;

/// A source with one file at `path`, which is absolute, cleaned and not "/"; it and the directories
/// above it have the time `time`. A stream that fails or is empty ends the run: Error, not
/// SourceError, since there is nothing else that would be worth a snapshot. `name` is what messages
/// call the stream.
std::unique_ptr<SourceFs> make_stream_source(const std::string& path, std::string name,
                                             Timestamp time, OpenStream open);

}  // namespace snapfs
