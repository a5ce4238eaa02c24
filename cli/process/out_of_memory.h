// The end of a program that has no memory left for ending in order.
#pragma once

namespace snapfs {

/// From now on a lack of memory that nobody handles, because handling it takes memory itself or
/// where nothing may be thrown, ends the process with a line on standard error and kFatal. It would
/// be SIGABRT otherwise, as it still is for all other exceptions. What a destructor would have
/// removed, such as a lock, is left.
void tell_of_memory_that_ran_out() noexcept;

}  // namespace snapfs
