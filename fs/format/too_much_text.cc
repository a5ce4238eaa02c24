#include "fs/format/too_much_text.h"

#include <fmt/format.h>

namespace snapfs {

Error too_much_text(std::uint64_t limit_bytes) {
  return {ErrorCode::kUnsupported,
          fmt::format("it holds more than the {} bytes that such a file may have", limit_bytes)};
}

}  // namespace snapfs
