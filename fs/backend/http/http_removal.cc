#include "fs/backend/http/http_removal.h"

#include <string>

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs {

bool is_removed(const HttpResponse& answer, bool says_missing,
                const std::function<bool()>& is_there, std::string_view what,
                std::string_view subject) {
  if (answer.is_success()) return true;
  if (!says_missing) return false;
  if (!is_there()) return true;
  throw Error(ErrorCode::kUnavailable,
              fmt::format("{}: the server answered {}, that it is not there, and then that it is: "
                          "see that all that stands before the storage agrees with it",
                          what, answer.status),
              std::string(subject));
}

}  // namespace snapfs
