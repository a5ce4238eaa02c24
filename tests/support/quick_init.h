// Repositories that open in a moment: tests guard no secrets.
#pragma once

#include "fs/repo/repository.h"

namespace snapfs {

/// The cheapest key derivation that restic still accepts without complaint.
inline constexpr ScryptParameters kQuickKdf{.n = 1024, .r = 8, .p = 1};

inline constexpr InitOptions kQuickInit{.kdf = kQuickKdf, .chunker_polynomial = {}};

}  // namespace snapfs
