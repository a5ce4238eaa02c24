// Who runs this process, as keys, locks and snapshots record it.
#pragma once

#include <cstdint>
#include <string>

namespace snapfs {

struct Identity {
  std::string username;  ///< empty when the user ID has no name
  std::string hostname;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;

  static Identity of_process();
};

}  // namespace snapfs
