// What the process may use of the system.
#pragma once

namespace snapfs {

/// Raises the soft limit of open descriptors to the hard one: every level of a walked directory
/// holds one. Where that is not allowed the limit stays as it is.
void raise_descriptor_limit() noexcept;

}  // namespace snapfs
