// A command's result on standard output: in large pieces, or line by line when somebody looks.
#pragma once

#include <string>
#include <string_view>

namespace snapfs {

/// Not thread-safe. What was not flushed when it is destroyed is lost: the command failed.
class TextOutput {
 public:
  TextOutput();

  /// Lines, each with its newline. Throws what print() throws.
  void write(std::string_view lines);

  /// What is left. To be called at the end.
  void finish();

  /// A name or a path: as it is for a pipe or a file, so that programs get its bytes; on a terminal
  /// with what would steer it escaped.
  std::string name(std::string_view name) const;

 private:
  const bool terminal_;
  std::string pending_;
};

}  // namespace snapfs
