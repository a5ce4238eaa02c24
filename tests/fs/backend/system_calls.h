// The system calls that the save protocol is made of, watched and made to fail: the test program
// defines them, so the C library's are not reached. For this program's tests only.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace snapfs::test {

/// Records calls while it lives. One at a time; the calls of all threads.
class SystemCalls {
 public:
  SystemCalls();
  ~SystemCalls();
  SystemCalls(const SystemCalls&) = delete;
  SystemCalls& operator=(const SystemCalls&) = delete;

  struct Event {
    std::string call;      ///< "write", "fsync", "rename" or "mkdir"
    std::string path;      ///< of the file or directory; what is renamed
    std::string target;    ///< what it is renamed to
    std::size_t size = 0;  ///< of the file at that moment, for fsync and rename
  };

  /// The successful calls so far.
  std::vector<Event> events() const;

  /// Every coming `call` fails with `error`.
  void fail(const std::string& call, int error);
};

}  // namespace snapfs::test
