// Reading extended attributes from the kernel (FORMAT §10.6). Private to the local source.
#pragma once

#include <string>

#include "archiver/source/metadata.h"

namespace snapfs {

/// Of an open file or directory. `path` is for messages. Does not throw SourceError.
SourceAttributes read_attributes(int fd, const std::string& path);

/// Of the directory that an O_PATH descriptor stands for.
SourceAttributes read_attributes_of_path_fd(int fd, const std::string& path);

/// Of `name` in the open directory, neither opened nor followed.
SourceAttributes read_attributes_at(int dir_fd, const std::string& name, const std::string& path);

}  // namespace snapfs
