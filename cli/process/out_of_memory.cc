#include "cli/process/out_of_memory.h"

#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>

#include "cli/process/exit_code.h"

namespace snapfs {
namespace {

std::terminate_handler usual_end = std::abort;

/// Nothing here takes memory.
[[noreturn]] void terminate() noexcept {
  constexpr std::string_view kLine =
      "snapfs: out of memory, also for ending in order: a lock may be left, which 'snapfs unlock' "
      "removes\n";
  try {
    if (std::current_exception()) throw;
  } catch (const std::bad_alloc&) {
    (void)!::write(STDERR_FILENO, kLine.data(), kLine.size());
    ::_exit(static_cast<int>(ExitCode::kFatal));
  } catch (...) {
    // Somebody's mistake, of which the usual end says what it was.
  }
  usual_end();
  std::abort();
}

}  // namespace

void tell_of_memory_that_ran_out() noexcept { usual_end = std::set_terminate(terminate); }

}  // namespace snapfs
