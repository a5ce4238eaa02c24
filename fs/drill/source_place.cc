#include "fs/drill/source_place.h"

#include <algorithm>

#include "fs/base/path.h"

namespace snapfs {
namespace {

/// Whether `path` is `directory` or something in it. Both are cleaned.
bool is_within(std::string_view directory, std::string_view path) {
  if (directory == "/") return true;
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

}  // namespace

std::vector<std::string> source_places(std::string_view path,
                                       const std::vector<std::string>& targets) {
  std::vector<std::string> places;
  const auto add = [&places](std::string place) {
    if (std::ranges::find(places, place) == places.end()) places.push_back(std::move(place));
  };
  for (const std::string& target : targets) {
    if (is_within(target, path) || is_within(path, target)) add(std::string(path));
  }
  // A directory above a relative target.
  for (const std::string& target : targets) {
    for (std::size_t at = target.find(path); at != std::string::npos;
         at = target.find(path, at + 1)) {
      if (target.substr(at + path.size()).starts_with('/')) add(target.substr(0, at + path.size()));
    }
  }
  // The longest part of the path that a target ends with, and at last none of it.
  for (std::size_t length = path.size(); length != std::string_view::npos && length <= path.size();
       length = length == 0 ? std::string_view::npos : path.rfind('/', length - 1)) {
    for (const std::string& target : targets) {
      if (target.ends_with(path.substr(0, length))) {
        add(clean_path(target + std::string(path.substr(length))));
      }
    }
  }
  return places;
}

}  // namespace snapfs
