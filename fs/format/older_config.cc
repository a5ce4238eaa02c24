#include "fs/format/older_config.h"

namespace snapfs {

Error older_config_error() {
  return {ErrorCode::kUnsupported,
          "it is compressed, but the config says that the repository has version 1: nothing is "
          "damaged, the config is older than the other files; put the config that belongs to them "
          "in its place"};
}

}  // namespace snapfs
