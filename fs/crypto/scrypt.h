// scrypt (RFC 7914) as a loop that can be stopped: key files are read before anything is known to
// be ours, and ask for as much time as they like. Private to fs/crypto.
#pragma once

#include <cstdint>

#include "fs/base/bytes.h"
#include "fs/base/stop_token.h"

namespace snapfs {

struct ScryptParameters;

/// Fills `out`, of up to 8160 bytes. The parameters are valid ones. Needs 128 · r · (N + 2) bytes,
/// whatever p is. Throws Error{kCancelled} soon after a stop was requested, Error{kOutOfResources}.
void scrypt(ByteView password, ByteView salt, const ScryptParameters& parameters, MutByteView out,
            const StopToken& stop);

}  // namespace snapfs
