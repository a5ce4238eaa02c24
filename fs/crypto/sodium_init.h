// libsodium wants to be initialised before its first use. Private to fs/crypto.
#pragma once

namespace snapfs {

/// Throws Error{kInternal} when the library cannot work on this machine. Cheap after the first
/// call.
void ensure_sodium();

}  // namespace snapfs
