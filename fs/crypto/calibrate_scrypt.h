// How slowly this machine is to make a key of a new password.
#pragma once

#include <chrono>

#include "fs/crypto/kdf.h"

namespace snapfs {

/// Parameters that make one derivation on this machine take about `target`, within 60 MiB.
ScryptParameters calibrate_scrypt(std::chrono::milliseconds target);

}  // namespace snapfs
