// There is no listxattrat(2) on the kernels we support: what is not opened is reached through
// /proc/self/fd/N/name, which the kernel resolves from the open directory, however deep it is.
#include "archiver/source/local_xattr.h"

#include <sys/xattr.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace snapfs {

namespace {

// Nearly all lists and values fit these, which saves asking for the size first.
constexpr std::size_t kUsualSize = 1024;

/// Calls `call(buffer, size)`, one of the *xattr functions, with a buffer that is large enough for
/// the answer, and hands the answer to `use`. Returns 0 or the error number.
template <class Call, class Use>
int with_answer(const Call& call, const Use& use) {
  std::array<char, kUsualSize> usual;  // NOLINT: filled by the call
  ssize_t size = call(usual.data(), usual.size());
  if (size >= 0) {
    use(std::string_view(usual.data(), static_cast<std::size_t>(size)));
    return 0;
  }
  // The answer may grow between the question for its size and the next call.
  std::string large;
  while (errno == ERANGE) {
    size = call(nullptr, 0);
    if (size < 0) break;
    large.resize(static_cast<std::size_t>(size) + 1);
    size = call(large.data(), large.size());
    if (size >= 0) {
      use(std::string_view(large).substr(0, static_cast<std::size_t>(size)));
      return 0;
    }
  }
  return errno;
}

bool means_none(int error) { return error == ENOTSUP || error == ENODATA; }

template <class List, class Get>
SourceAttributes read(const List& list, const Get& get, const std::string& path) {
  SourceAttributes attributes;
  std::string names;
  const int list_error = with_answer(list, [&](std::string_view answer) { names = answer; });
  if (list_error != 0 && !means_none(list_error)) {
    attributes.failures.push_back(source_error(list_error, "list the extended attributes", path));
  }
  for (const char* name = names.c_str(); name < names.c_str() + names.size();
       name += std::strlen(name) + 1) {
    const int error =
        with_answer([&](char* buffer, std::size_t size) { return get(name, buffer, size); },
                    [&](std::string_view answer) {
                      const ByteView value = as_bytes(answer);
                      attributes.items.push_back({name, copy_of(value)});
                    });
    // An attribute that was removed since the list was read is simply not there.
    if (error == 0 || means_none(error)) continue;
    attributes.failures.push_back(
        source_error(error, fmt::format("read the extended attribute {}", name), path));
  }
  return attributes;
}

}  // namespace

SourceAttributes read_attributes(int fd, const std::string& path) {
  return read([fd](char* buffer, std::size_t size) { return ::flistxattr(fd, buffer, size); },
              [fd](const char* name, char* buffer, std::size_t size) {
                return ::fgetxattr(fd, name, buffer, size);
              },
              path);
}

SourceAttributes read_attributes_of_path_fd(int fd, const std::string& path) {
  const std::string place = fmt::format("/proc/self/fd/{}", fd);
  return read(
      [&](char* buffer, std::size_t size) { return ::listxattr(place.c_str(), buffer, size); },
      [&](const char* name, char* buffer, std::size_t size) {
        return ::getxattr(place.c_str(), name, buffer, size);
      },
      path);
}

SourceAttributes read_attributes_at(int dir_fd, const std::string& name, const std::string& path) {
  const std::string place = fmt::format("/proc/self/fd/{}/{}", dir_fd, name);
  return read(
      [&](char* buffer, std::size_t size) { return ::llistxattr(place.c_str(), buffer, size); },
      [&](const char* attribute, char* buffer, std::size_t size) {
        return ::lgetxattr(place.c_str(), attribute, buffer, size);
      },
      path);
}

}  // namespace snapfs
