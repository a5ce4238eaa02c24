// The output of a command as the bytes of a file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "archiver/source/stream.h"
#include "fs/base/stop_token.h"

namespace snapfs {

/// Starts a program, looked for in PATH, with its arguments and without a shell; its standard input
/// is empty. The stream ends only after the program did, and throws Error when that was not with
/// status 0: half a dump is no dump. A program that still runs when the stream is destroyed is
/// ended. Throws Error when it cannot be started.
std::unique_ptr<ByteStream> run_for_output(const std::vector<std::string>& arguments,
                                           StopToken stop);

}  // namespace snapfs
