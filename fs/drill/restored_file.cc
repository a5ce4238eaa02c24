#include "fs/drill/restored_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <span>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/base/file.h"

namespace snapfs {

std::string wrong_with_restored(const std::string& path, const Node& node) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return "it was not restored";
  const std::string other = other_metadata(node, status, path, ::geteuid() == 0);
  if (!other.empty()) return fmt::format("{} came back otherwise", other);
  if (Timestamp::from(status.st_mtim) != node.mtime) {
    return "its modification time came back otherwise";
  }
  return "";
}

bool has_content_of_source(const std::string& path, OriginalItem& source, const StopToken& stop) {
  constexpr std::size_t kPiece = 1 << 20;
  const UniqueFd fd = open_file(path, O_RDONLY | O_NOFOLLOW);
  Bytes piece(kPiece);
  for (std::uint64_t offset = 0;;) {
    throw_if_stopped(stop);
    const std::size_t length = read_at(fd.get(), offset, piece, path);
    if (!source.matches_next(std::span(piece).first(length))) return false;
    if (length < piece.size()) return true;
    offset += length;
  }
}

}  // namespace snapfs
