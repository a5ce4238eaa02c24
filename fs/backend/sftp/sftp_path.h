// A path on a server, and how messages call it.
#pragma once

#include <string>
#include <string_view>

namespace snapfs {

struct SftpPath {
  std::string path;   ///< as the server is told
  std::string shown;  ///< with the server's name

  SftpPath operator/(std::string_view name) const {
    const std::string_view slash = path.ends_with('/') ? "" : "/";
    return {path + std::string(slash) + std::string(name), shown + "/" + std::string(name)};
  }
};

}  // namespace snapfs
