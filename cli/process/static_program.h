// What a program that is linked statically has to see to. It holds a C library of its own, and a
// module that was made for the system's would crash it.
#pragma once

namespace snapfs {

/// Has names of users, groups and hosts looked up in the files of /etc and the DNS, which is linked
/// in, where /etc/nsswitch.conf may name modules. Does nothing in a program that is linked
/// dynamically. Call it before there are threads.
void load_no_name_services() noexcept;

}  // namespace snapfs
