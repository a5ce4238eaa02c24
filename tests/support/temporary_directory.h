// A directory for one test's files, removed with all that is in it when the test is done.
// Only a header, so that any test can include it.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace snapfs::test {

/// Made below $TMPDIR, or /tmp. Its name has no symbolic links in it. Throws std::system_error.
/// Removal puts up with directories without permissions and with any depth.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }

  /// The absolute name of something in the directory.
  std::string operator/(std::string_view name) const { return (path_ / name).string(); }

  /// Writes a file, making the directories above it; returns its absolute name.
  std::string write(std::string_view name, std::string_view content) const;

  /// Makes a directory and those above it; returns its absolute name.
  std::string make_directory(std::string_view name) const;

 private:
  std::filesystem::path path_;
};

namespace internal {

struct DirCloser {
  void operator()(DIR* dir) const noexcept { ::closedir(dir); }
};

inline std::vector<std::string> names_in(DIR* dir) {
  std::vector<std::string> names;
  while (const dirent* const entry = ::readdir(dir)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  return names;
}

/// Removes what is in the directory `name`, then the directory. By descriptors, as paths may be
/// too long for the system.
inline void remove_tree(int parent, const std::string& name) {
  ::fchmodat(parent, name.c_str(), 0700, 0);
  const int fd = ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd >= 0) {
    const std::unique_ptr<DIR, DirCloser> dir(::fdopendir(fd));
    for (const std::string& child : names_in(dir.get())) {
      if (::unlinkat(fd, child.c_str(), 0) != 0) remove_tree(fd, child);
    }
  }
  ::unlinkat(parent, name.c_str(), AT_REMOVEDIR);
}

}  // namespace internal

inline TemporaryDirectory::TemporaryDirectory() {
  const auto base = std::filesystem::canonical(std::filesystem::temp_directory_path());
  std::string name = (base / "snapfs-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), name);
  }
  path_ = name;
}

inline TemporaryDirectory::~TemporaryDirectory() {
  internal::remove_tree(AT_FDCWD, path_.string());
}

inline std::string TemporaryDirectory::write(std::string_view name,
                                             std::string_view content) const {
  const std::filesystem::path file = path_ / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << content;
  out.close();
  if (!out) throw std::system_error(errno, std::generic_category(), file.string());
  return file.string();
}

inline std::string TemporaryDirectory::make_directory(std::string_view name) const {
  const std::filesystem::path directory = path_ / name;
  std::filesystem::create_directories(directory);
  return directory.string();
}

}  // namespace snapfs::test
