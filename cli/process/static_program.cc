#include "cli/process/static_program.h"

#ifdef SNAPFS_STATIC
#include <nss.h>

#include <initializer_list>
#endif

namespace snapfs {

void load_no_name_services() noexcept {
#ifdef SNAPFS_STATIC
  for (const char* database : {"passwd", "group", "services", "protocols", "networks"}) {
    ::__nss_configure_lookup(database, "files");
  }
  ::__nss_configure_lookup("hosts", "files dns");
#endif
}

}  // namespace snapfs
