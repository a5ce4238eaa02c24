// Paths as text: cleaned, joined and split without asking the file system. Symbolic links are not
// looked at, so `..` means the component before it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace snapfs {

/// The shortest path that means the same lexically: no `//`, no `.`, no `x/..`, no slash at the
/// end; `..` stays only at the front of a relative path, and never follows the root. The empty
/// path is ".".
std::string clean_path(std::string_view path);

/// `base` and `name` with a slash between them where one is needed. Base "." adds nothing.
std::string join_path(std::string_view base, std::string_view name);

/// The parts between the slashes; a leading slash and empty parts leave no trace.
std::vector<std::string> split_path(std::string_view path);

/// clean_path of `path`, which is taken relative to `working_directory` unless it is absolute.
std::string absolute_path(std::string_view path, std::string_view working_directory);

/// The working directory as the user knows it: $PWD if that is an absolute name of it (it may have
/// symbolic links in it), else what the kernel says. Throws Error.
std::string current_directory();

}  // namespace snapfs
