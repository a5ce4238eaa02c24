#include "tests/fs/backend/faults/web_fault.h"

#include "tests/fs/backend/faults/web_fault_kinds.h"
#include "tests/fs/backend/faults/web_fault_parts.h"

namespace snapfs::test {

std::string wire(const HttpResponse& answer) {
  const auto told = answer.header("content-length");
  const std::string length = told ? std::string(*told) : std::to_string(answer.body.size());
  return head_of(answer, "Content-Length: " + length + "\r\n") + std::string(as_text(answer.body));
}

const std::vector<WebFault>& web_faults() {
  static const std::vector<WebFault> faults = [] {
    std::vector<WebFault> all;
    add_transfer_faults(all);
    add_content_faults(all);
    add_status_faults(all);
    return all;
  }();
  return faults;
}

}  // namespace snapfs::test
